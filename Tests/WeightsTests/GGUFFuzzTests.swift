import PluginAPI
import TestSupport
import Testing

/// Damaged files are refused or read; nothing else happens, whatever was damaged.
@Suite("GGUF: mutations")
struct GGUFFuzzTests {
  static let valid: [UInt8] = {
    var builder = GGUFBuilder()
    builder.set("general.architecture", 8, string("llama"))
    builder.set("general.alignment", 4, number(UInt32(32)))
    builder.set("tokens", arrayOf: 8, count: 3, string("<s>") + string("a") + string("▁b"))
    builder.set("scores", arrayOf: 6, count: 3, littleEndian([Float(0), -1, -2]))
    builder.set("flag", 7, [1])
    builder.add("a.weight", [5, 2], type: 0, offset: 0)
    builder.add("q.weight", [32, 1], type: 2, offset: 64)
    builder.add("k.weight", [256], type: 12, offset: 96)
    builder.add("ids", [3], type: 26, offset: 256)
    builder.data = (0..<268).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return builder.bytes
  }()

  @Test func everyBitOfTheHeader() throws {
    let lab = try WeightsLab(), valid = Self.valid, header = valid.count - 268
    var accepted = 0
    for bit in 0..<header * 8 {
      var bytes = valid
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      accepted += try Self.survives(lab.write(bytes, to: "model.gguf")) ? 1 : 0
    }
    // Letters of names and values are not protected, sizes and types are.
    #expect((1..<header * 6).contains(accepted), "\(accepted) of \(header * 8) accepted")
    #expect(try Self.survives(lab.write(valid, to: "model.gguf")))
  }

  @Test func threeThousandMutations() throws {
    let lab = try WeightsLab(), valid = Self.valid
    var random = RandomStream(seed: 1, "mutations")
    var accepted = 0
    for _ in 0..<3000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
      accepted += try Self.survives(lab.write(bytes, to: "model.gguf")) ? 1 : 0
    }
    #expect((1..<2000).contains(accepted), "\(accepted) accepted")
  }

  /// Whether the file is accepted; all of it is read then.
  private static func survives(_ path: String) throws -> Bool {
    let file: GGUFFile
    do { file = try GGUFFile(path: path) } catch is WeightsError { return false }
    for (name, entry) in file.entries {
      do {
        let tensor = try file.tensor(name)
        #expect(tensor.shape == entry.shape && tensor.values.count == tensor.count)
      } catch is WeightsError {}
      do { _ = try file.integers(name) } catch is WeightsError {}
    }
    for array in file.metadata.values.compactMap(\.array) {
      let counts = [array.strings?.count, array.integers?.count, array.floats?.count, array.bools?.count].compactMap { $0 }
      #expect(counts == [array.count])
    }
    return true
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard bytes.count > 16 else { return }
    let at = Int.random(in: 0..<bytes.count - 8, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(at..<at + Int.random(in: 1...8, using: &random))
    case 3: bytes.insert(contentsOf: [UInt8](repeating: 0, count: Int.random(in: 1...9, using: &random)), at: at)
    case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...80, using: &random)))
    default:  // one number becomes another
      let numbers: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 61, 1 << 63, .max, .max - 31]
      bytes.replaceSubrange(at..<at + 8, with: number(numbers.randomElement(using: &random) ?? 0))
    }
  }
}
