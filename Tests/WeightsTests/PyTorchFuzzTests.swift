import PluginAPI
import Testing

/// Damaged files are refused or read; nothing else happens, whatever was damaged.
@Suite("PyTorch files: mutations")
struct PyTorchFuzzTests {
  /// Whether the file is accepted; all of it is read then.
  private static func survives(_ path: String) throws -> Bool {
    let file: PyTorchFile
    do { file = try PyTorchFile(path: path) } catch is WeightsError { return false }
    for (name, entry) in file.entries {
      #expect(entry.range.lowerBound >= 0 && entry.range.upperBound <= file.file.bytes.count)
      do { #expect(try file.tensor(name).shape == entry.shape) } catch is WeightsError {}
      do { _ = try file.integers(name) } catch is WeightsError {}
    }
    return true
  }

  @Test(arguments: PyTorchFormat.allCases)
  func truncatedAnywhere(format: PyTorchFormat) throws {
    let lab = try WeightsLab(), valid = format.sample()
    #expect(try Self.survives(lab.write(valid)))
    for end in valid.indices { #expect(try !Self.survives(lab.write(Array(valid[..<end]))), "\(end) bytes") }
  }

  @Test(arguments: PyTorchFormat.allCases)
  func everyByteInverted(format: PyTorchFormat) throws {
    let lab = try WeightsLab(), valid = format.sample()
    for at in valid.indices {
      var bytes = valid
      bytes[at] = ~bytes[at]
      _ = try Self.survives(lab.write(bytes))
    }
  }

  @Test(arguments: PyTorchFormat.allCases)
  func fiveThousandMutations(format: PyTorchFormat) throws {
    let lab = try WeightsLab(), valid = format.sample()
    var random = RandomStream(seed: 2, "mutations")
    var accepted = 0
    for _ in 0..<5000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
      accepted += try Self.survives(lab.write(bytes)) ? 1 : 0
    }
    // Damage to names and to the tensors' content cannot be found.
    #expect((1..<2500).contains(accepted), "\(accepted) accepted")
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard !bytes.isEmpty else { return }
    let at = Int.random(in: 0..<bytes.count, using: &random), length = Int.random(in: 1...9, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(at..<min(bytes.count, at + length))
    case 3: bytes.insert(contentsOf: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, at: at)
    case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...80, using: &random)))
    case 5:  // a number of some size becomes an extreme one
      let extremes: [UInt64] = [0, 1, .max, 1 << 31, 1 << 32, 1 << 62, 1 << 63]
      let number = littleEndian([extremes.randomElement(using: &random) ?? 0]).prefix([1, 2, 4, 8][length % 4])
      bytes.replaceSubrange(at..<min(bytes.count, at + number.count), with: number)
    default:  // a piece of the file is copied over another
      let from = Int.random(in: 0..<bytes.count, using: &random)
      let piece = Array(bytes[from..<min(bytes.count, from + 2 * length)])
      bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
    }
  }
}
