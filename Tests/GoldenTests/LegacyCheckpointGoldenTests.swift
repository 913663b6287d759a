import FoundationEssentials
import PluginAPI
import Testing
import Transformers

#if canImport(Glibc)
  import Glibc
#endif

/// Every file of torch.save among the fixtures: its tensors bit for bit those of the same model's safetensors, its encoder's
/// hidden states those of Hugging Face, and its damaged copies refused or read.
@Suite("Golden: pytorch_model.bin", .enabled(if: Golden.isThere, "no fixtures"))
struct LegacyCheckpointGoldenTests {
  struct Fixture: CustomTestStringConvertible, Sendable {
    let folder: String, file: String
    var path: String { "\(Golden.folder)/\(folder)/\(file)" }
    var testDescription: String { "\(folder)/\(file)" }
  }

  static let files: [Fixture] = Golden.folders.flatMap { folder in
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Golden.folder + "/" + folder)) ?? []
    return files.filter { $0.hasSuffix(".bin") }.sorted().map { Fixture(folder: folder, file: $0) }
  }

  /// A folder with links to the fixture, as the name a model has, and to its configuration. Gone with the last reference.
  final class Folder: Sendable {
    let path: String

    init(_ fixture: Fixture) throws {
      path = FileManager.default.temporaryDirectory.path + "/calm-golden-\(UInt64.random(in: 0 ..< .max))"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for (name, target) in [
        ("pytorch_model.bin", fixture.path), ("config.json", "\(Golden.folder)/\(fixture.folder)/config.json"),
      ] {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  /// The safetensors of the same model: in the folder, or in that of the model it is a variant of.
  static func reference(_ fixture: Fixture) throws -> SafeTensors? {
    let base = fixture.folder.split(separator: "_").first.map(String.init) ?? fixture.folder
    return try [fixture.folder, base].map { $0 + "/model.safetensors" }.first(where: Golden.has).map {
      try SafeTensors(path: Golden.folder + "/" + $0)
    }
  }

  static func canonical(_ name: String) -> String {
    name.replacing("bert.", with: "", maxReplacements: name.hasPrefix("bert.") ? 1 : 0)
      .replacing(".LayerNorm.gamma", with: ".LayerNorm.weight").replacing(".LayerNorm.beta", with: ".LayerNorm.bias")
  }

  @Test(arguments: files)
  func tensorsAreThoseOfSafetensors(fixture: Fixture) throws {
    let folder = try Folder(fixture), reference = try #require(try Self.reference(fixture))
    let checkpoint = try Checkpoint(folder: folder.path), file = try PyTorchFile(path: fixture.path)
    #expect(checkpoint.paths == [folder.path + "/pytorch_model.bin"])
    let names = Dictionary(checkpoint.names.map { (Self.canonical($0), $0) }) { first, _ in first }
    for (canonical, entry) in reference.entries {
      guard let name = names[canonical] else {
        Issue.record("\(canonical) is missing")
        continue
      }
      #expect(checkpoint.shape(name) == entry.shape, "\(name)")
      let tensor = Tensor(zeros: entry.shape), expected = try reference.tensor(canonical)
      try checkpoint.read(name, into: tensor)
      #expect(tensor.values.map(\.bitPattern) == expected.values.map(\.bitPattern), "\(name)")
    }
    // Heads and buffers are there too; only position ids are no weights.
    for (name, entry) in file.entries where reference.entries[Self.canonical(name)] == nil {
      if name.hasSuffix("position_ids") {
        #expect(entry.type == .int64)
        #expect(try file.integers(name) == Array(0..<entry.shape.reduce(1, *)))
        #expect(throws: WeightsError.self) { try file.tensor(name) }
      } else {
        #expect(name.hasPrefix("cls."), "\(name)")
        #expect(try file.tensor(name).isFinite, "\(name)")
      }
    }
    if let tied = file.entries["cls.predictions.decoder.weight"], let words = names["embeddings.word_embeddings.weight"] {
      #expect(tied.range == file.entries[words]?.range)
    }
  }

  @Test(arguments: files)
  func hiddenStates(fixture: Fixture) throws {
    let folder = try Folder(fixture), config = try TransformerConfig(folder: folder.path)
    let expected = try #require(try EncoderGoldenTests.expected(fixture.folder))
    let encoder = TransformerEncoder(config: config)
    var unused = ""
    try encoder.load(try Checkpoint(folder: folder.path)) { unused = $1 }
    #expect(unused.contains("cls.predictions.bias"))
    let (tokens, rows) = try EncoderGoldenTests.batch(expected, config)
    let states = try expected.tensor("out.hidden_states"), layer = states.count / (config.layers + 1)
    var worst: Float = 0, seen = 0
    _ = encoder.infer(tokens) { index, state in
      let truth = EncoderGoldenTests.gather(states, rows: rows, at: index * layer, width: config.hidden)
      worst = max(worst, difference(state, truth))
      seen += 1
    }
    #expect(seen == config.layers + 1)
    #expect(worst < 1e-4)
  }

  /// Most of the file is numbers, which may be anything; three quarters of the damage goes to what is around them.
  @Test(arguments: files)
  func fiveThousandMutations(fixture: Fixture) throws {
    let folder = try Folder(fixture), path = folder.path + "/damaged"
    let valid = [UInt8](try Data(contentsOf: URL(filePath: fixture.path)))
    try Data(valid).write(to: URL(filePath: path))
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    var random = RandomStream(seed: 3, "mutations")
    var accepted = 0
    for _ in 0..<5000 {
      // The file is damaged in place and mended, since most of it stays the same.
      var touched: [Range<Int>] = []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let reach = min(16_384, valid.count), part = Int.random(in: 0..<4, using: &random)
        let from = part == 3 ? valid.count - reach / 2 : 0, to = part < 2 ? reach : valid.count
        let at = Int.random(in: from..<to, using: &random)
        let range = at..<min(valid.count, at + [1, 1, 2, 4, 8][Int.random(in: 0..<5, using: &random)])
        let odd: [UInt8] = [0, 1, 0x28, 0x2e, 0x52, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
        let value = odd[Int.random(in: 0..<odd.count, using: &random)]
        Self.put([UInt8](repeating: value, count: range.count), descriptor, at: range.lowerBound)
        touched.append(range)
      }
      if Int.random(in: 0..<10, using: &random) == 0 {
        let end = Int.random(in: 0..<valid.count, using: &random)
        ftruncate(descriptor, off_t(end))
        touched.append(end..<valid.count)
      }
      do {
        let file = try PyTorchFile(path: path)
        for (name, entry) in file.entries {
          #expect(entry.range.lowerBound >= 0 && entry.range.upperBound <= file.file.bytes.count)
          if entry.type == .int64 { _ = try file.integers(name) } else { _ = try? file.tensor(name) }
        }
        accepted += 1
      } catch is WeightsError {}
      for range in touched { Self.put(Array(valid[range]), descriptor, at: range.lowerBound) }
    }
    #expect((1..<4000).contains(accepted), "\(accepted) accepted")
    #expect(try PyTorchFile(path: path).entries.count == PyTorchFile(path: fixture.path).entries.count)
  }

  private static func put(_ bytes: [UInt8], _ descriptor: Int32, at place: Int) {
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(place)) }
  }

  /// Any prefix of the file is refused.
  @Test(arguments: files)
  func truncated(fixture: Fixture) throws {
    let folder = try Folder(fixture), path = folder.path + "/cut"
    let valid = try Data(contentsOf: URL(filePath: fixture.path))
    try valid.write(to: URL(filePath: path))
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    for end in stride(from: valid.count - 1, through: 0, by: -97) {
      ftruncate(descriptor, off_t(end))
      #expect(throws: WeightsError.self, "\(end) bytes") { try PyTorchFile(path: path) }
    }
  }
}
