import Glibc
import PluginAPI
import Testing

@testable import Host

/// Whatever the bytes are, reading them ends with a stamp or with a fault.
struct ElfFuzzTests {
  @Test func `random bytes in a valid file never crash the reader`() throws {
    let lab = try LoadingLab()
    let valid = try LoadingLab.bytes(lab.compileC(as: "libFuzz.so"))
    let guarded = try #require(GuardedBytes(count: valid.count))
    let sections = valid.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 40, as: UInt64.self)) }
    var random = RandomBits(state: 20_240_601)
    var stamps = 0, faults: [String: Int] = [:]

    for _ in 0..<2_000 {
      guarded.bytes.copyBytes(from: valid)
      for _ in 0..<(1 + random.below(8)) {
        let place =
          switch random.below(3) {
          case 0: random.below(64 + 13 * 56)
          case 1: sections + random.below(valid.count - sections)
          default: random.below(valid.count)
          }
        // All bits set is what makes sums overflow.
        guarded.bytes[place] = random.below(3) == 0 ? 0xFF : UInt8(random.below(256))
      }
      do throws(Diagnostic) {
        let file = try ElfFile(path: "fuzz", bytes: UnsafeRawBufferPointer(guarded.bytes))
        _ = file.exportedFunctions(prefix: "calm_plugin_")
        _ = try ElfStamp.required(in: file)
        stamps += 1
      } catch {
        faults[error.code, default: 0] += 1
      }
    }
    #expect(stamps > 100 && Set(faults.keys).isSubset(of: ["P302", "P303", "P304", "P305"]) && faults.count == 4)
  }
}

/// Bytes that end where a page begins that must not be touched.
private final class GuardedBytes {
  let bytes: UnsafeMutableRawBufferPointer
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  init?(count: Int) {
    let page = Int(getpagesize()), room = (count + page - 1) / page * page
    guard let mapping = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapping != MAP_FAILED, mprotect(mapping + room, page, PROT_NONE) == 0
    else { return nil }
    self.mapping = mapping
    length = room + page
    bytes = UnsafeMutableRawBufferPointer(start: mapping + (room - count), count: count)
  }

  deinit { munmap(mapping, length) }
}

private struct RandomBits {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
