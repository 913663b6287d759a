import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Llama2

/// A model whose heads together are wider than its states, against the naive forward pass: rotations, the window, and the head.
@Suite("Llama model", .serialized) struct LlamaModelTests {
  private let lab: Lab
  private var folder: String { lab.path("llama") }
  private static let tokens = (0..<14).map { Int32($0 * 31 % 89) }

  init() throws { lab = try Lab() }

  private func edit(_ old: String, _ new: String) throws {
    let text = String(decoding: try lab.bytes("llama/config.json"), as: UTF8.self)
    #expect(text.contains(old))
    try lab.write(text.replacing(old, with: new), to: "llama/config.json")
  }

  /// The greatest difference of all logits, computed in steps of so many rows.
  private func difference(_ expected: [Double], chunk: Int = 5) throws -> Double {
    let model = try LlamaModel(ModelFile(path: folder), arithmetic: .exact), tokens = Self.tokens
    let cache = try model.cache(positions: tokens.count)
    let out = Tensor(zeros: [tokens.count, model.vocabulary])
    for first in stride(from: 0, to: tokens.count, by: chunk) {
      let rows = (first..<min(first + chunk, tokens.count)).map {
        StepRow(token: tokens[$0], cache: cache, position: $0, wantsLogits: true)
      }
      let logits = model.step(rows, shared: nil)
      (out.data + first * model.vocabulary).update(from: logits, count: rows.count * model.vocabulary)
    }
    return out.error(expected)
  }

  /// Frequencies of heads of 16, written as the papers and the reference have them.
  enum Rope: CaseIterable {
    case plain, otherBase, linear, llama3, llama3Parameters

    var json: String {
      switch self {
      case .plain: #""rope_theta": 10000.0"#
      case .otherBase: #""rope_theta": 500.0"#
      case .linear: #""rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}"#
      case .llama3: #""rope_theta": 10000.0, "rope_scaling": {"rope_type": "llama3", \#(Self.bands)}"#
      case .llama3Parameters: #""rope_parameters": {"rope_theta": 10000.0, "rope_type": "llama3", \#(Self.bands)}"#
      }
    }

    /// Wavelengths of 6 are kept, of 20 and 63 blended, and greater ones stretched.
    private static let bands =
      #""factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64"#

    var frequencies: [Double] {
      (0..<8).map { i in
        let plain = 1 / pow(self == .otherBase ? 500 : 10000, Double(i) / 8)
        switch self {
        case .plain, .otherBase: return plain
        case .linear: return plain / 4
        case .llama3, .llama3Parameters:
          let turns = 64 * plain / (2 * Double.pi)
          let share = min(1, max(0, (turns - 1) / (4 - 1)))
          return plain * (share + (1 - share) / 8)
        }
      }
    }
  }

  @Test(arguments: Rope.allCases) func rotation(_ rope: Rope) throws {
    try TinyLlama.write(to: folder)
    try edit(#""rope_theta": 10000.0"#, rope.json)
    let configuration = try LlamaConfiguration.read(ModelFile(path: folder))
    #expect(configuration.headSize == 16 && configuration.hidden / configuration.heads == 8)
    for (own, naive) in zip(configuration.rotary.frequencies(headSize: 16), rope.frequencies) {
      #expect(abs(own / naive - 1) < 1e-12)
    }
    #expect(try difference(LlamaNaive(folder: folder, frequencies: rope.frequencies).logits(Self.tokens)) < 1e-4)
  }

  /// Frequencies that differ give other logits, or the test above could not fail.
  @Test func rotationsMatter() throws {
    try TinyLlama.write(to: folder)
    for rope in Rope.allCases where rope != .plain {
      #expect(try difference(LlamaNaive(folder: folder, frequencies: rope.frequencies).logits(Self.tokens)) > 1e-2, "\(rope)")
    }
  }

  /// GGUF files of Llama 3.1 hold what the frequencies are divided by.
  @Test func divisorsOfAFile() throws {
    let divisors: [Float] = [1, 1, 1.5, 2, 4, 8, 8, 8]
    var builder = GGUFBuilder()
    builder.set("general.architecture", 8, GGUFBuilder.string("llama"))
    for (key, value) in [
      ("embedding_length", 32), ("block_count", 1), ("feed_forward_length", 64), ("context_length", 128),
      ("attention.head_count", 2),
    ] { builder.set("llama." + key, 4, GGUFBuilder.number(UInt32(value))) }
    builder.add("rope_freqs.weight", [8], type: 0, offset: 0)
    builder.data = divisors.flatMap { GGUFBuilder.number($0.bitPattern) }
    try Data(builder.bytes).write(to: URL(fileURLWithPath: lab.path("model.gguf")))
    let rotary = try LlamaConfiguration.read(ModelFile(path: lab.path("model.gguf"))).rotary
    let expected = zip(Rope.plain.frequencies, divisors).map { $0 / Double($1) }
    let table = RotaryTable(rotary, headSize: 16, positions: 40)
    for position in [0, 1, 7, 39] {
      for (i, frequency) in expected.enumerated() {
        let angle = Double(position) * frequency, at = position * 8 + i
        #expect(abs(Double(table.cosine[at]) - cos(angle)) < 1e-6 && abs(Double(table.sine[at]) - sin(angle)) < 1e-6)
      }
    }
  }

  @Test func window() throws {
    try TinyLlama.write(to: folder, window: 5)
    var naive = try LlamaNaive(folder: folder, frequencies: Rope.plain.frequencies)
    #expect(try difference(naive.logits(Self.tokens)) > 1e-2)
    naive.window = 5
    for chunk in [1, 4, 14] { #expect(try difference(naive.logits(Self.tokens), chunk: chunk) < 1e-4) }
  }

  /// `tie_word_embeddings` where it stands; without it, a head that is stored counts.
  @Test(
    arguments: [
      (nil, true, "lm_head.weight"), (nil, false, "model.embed_tokens.weight"), (true, true, "model.embed_tokens.weight"),
      (true, false, "model.embed_tokens.weight"), (false, true, "lm_head.weight"),
    ] as [(Bool?, Bool, String)])
  func head(tied: Bool?, isStored: Bool, name: String) throws {
    try TinyLlama.write(to: folder)
    if let tied { try edit(#""hidden_size""#, #""tie_word_embeddings": \#(tied), "hidden_size""#) }
    if isStored { try addHead() }
    var naive = try LlamaNaive(folder: folder, frequencies: Rope.plain.frequencies)
    naive.head = name
    #expect(try difference(naive.logits(Self.tokens)) < 1e-4)
  }

  @Test func aHeadOfItsOwnThatIsMissingIsNamed() throws {
    try TinyLlama.write(to: folder)
    try edit(#""hidden_size""#, #""tie_word_embeddings": false, "hidden_size""#)
    let error = #expect(throws: Diagnostic.self) { try LlamaModel(ModelFile(path: folder), arithmetic: .exact) }
    #expect(error?.code == "M403" && error?.message.contains("`lm_head.weight`") == true)
    #expect(error?.message.contains("`tie_word_embeddings: false`") == true, "\(error?.message ?? "")")
  }

  private func addHead() throws {
    let path = folder + "/model.safetensors", file = try SafeTensors(path: path)
    var tensors = try file.entries.keys.sorted().map { ($0, try file.tensor($0)) }
    var random = RandomStream(seed: 8, "head")
    tensors.append(("lm_head.weight", Tensor.random([TinyLlama.vocabulary, 32], &random)))
    try SafeTensors.write(tensors, to: path)
  }
}
