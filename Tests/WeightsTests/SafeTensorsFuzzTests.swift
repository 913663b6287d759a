import PluginAPI
import Testing

/// Damaged files are refused or read; nothing else happens, whatever was damaged.
@Suite("SafeTensors: mutations")
struct SafeTensorsFuzzTests {
  private static let header = """
    {"__metadata__":{"format":"pt"},"embeddings.weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},\
    "encoder.0.bias":{"dtype":"F16","shape":[5],"data_offsets":[48,58]},"ids":{"dtype":"I64","shape":[1,2],"data_offsets":[58,74]},\
    "mask":{"dtype":"BOOL","shape":[3],"data_offsets":[74,77]},"none":{"dtype":"BF16","shape":[0],"data_offsets":[77,77]}}
    """

  @Test func twoThousandMutations() throws {
    let lab = try WeightsLab(), valid = WeightsLab.file(Self.header, data: (0..<77).map { UInt8($0) })
    var random = RandomStream(seed: 1, "mutations")
    var accepted = 0
    for _ in 0..<2000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
      accepted += try Self.survives(lab.write(bytes)) ? 1 : 0
    }
    // Damage to names and numbers is found nearly always; to the tensors' content it cannot be.
    #expect((1..<1000).contains(accepted), "\(accepted) accepted")
    #expect(try Self.survives(lab.write(valid)))
  }

  /// Whether the file is accepted; all of it is read then.
  private static func survives(_ path: String) throws -> Bool {
    let file: SafeTensors
    do { file = try SafeTensors(path: path) } catch is WeightsError { return false }
    for (name, entry) in file.entries {
      do {
        let tensor = try file.tensor(name)
        #expect(tensor.shape == entry.shape && tensor.values.count == tensor.count)
      } catch is WeightsError {}
      do { _ = try file.integers(name) } catch is WeightsError {}
    }
    return true
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard !bytes.isEmpty else { return }
    // Most damage goes where it hurts: the header's length and the header.
    let reach = random.uniform() < 0.8 ? min(bytes.count, 8 + header.utf8.count) : bytes.count
    let at = Int.random(in: 0..<reach, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...9, using: &random)))
    case 3:
      bytes.insert(
        contentsOf: (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 32...126, using: &random) }, at: at)
    case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...80, using: &random)))
    case 5:  // one number of the header becomes another
      let digits = (0..<reach).filter { (48...57).contains(bytes[$0]) }
      guard let digit = digits.randomElement(using: &random) else { return }
      let numbers = ["0", "1", "-1", "4294967296", "9223372036854775807", "9223372036854775808", "1e9", "0.5", "77"]
      bytes.replaceSubrange(digit...digit, with: Array((numbers.randomElement(using: &random) ?? "0").utf8))
    default:  // a piece of the file is copied over another
      let from = Int.random(in: 0..<bytes.count, using: &random)
      let piece = Array(bytes[from..<min(bytes.count, from + 12)])
      bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
    }
  }
}
