import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Llama2

/// What a text depends on, and what a model's files are refused for.
@Suite("Llama generation", .serialized) struct LlamaGenerationTests {
  private static func folder(_ name: String) -> String {
    FileManager.default.temporaryDirectory.path + "/tiny-llama-\(name)-\(UInt64.random(in: 0 ..< .max))"
  }

  /// Prompts that begin alike and end at different lengths.
  private static let prompts = (0..<7).map { index in
    Prompt(
      index: index, tokens: (0..<20).map { Int32($0 * 3 % 89) } + (0...index).map { Int32((index + $0 * 5) % 89) },
      random: RandomStream(seed: 4, "prompt \(index)"))
  }

  private static func texts(
    _ model: LlamaModel, _ prompts: [Prompt], streams: Int, cacheBytes: Int = 1 << 30
  ) throws -> [Int: [Int32]] {
    var texts: [Int: [Int32]] = [:]
    try GenerationEngine(
      model: model, sampling: Sampling(temperature: 0.9, topP: 0.95, repetitionPenalty: 1.1), stopTokens: [3, 17],
      maxNewTokens: 30,
      streams: streams, cacheBytes: cacheBytes
    ).run(prompts) { texts[$0.index] = $0.tokens }
    return texts
  }

  /// The text of a prompt is the same alone, in any batch and order, and with any memory. (Threads: see the tests of the
  /// kernels; their number is the process's.)
  @Test(arguments: [(Arithmetic.exact, Quantisation.none), (.fast, .none), (.fast, .q8), (.fast, .q4)], [0, 12])
  func textsDependOnNothingElse(mode: (Arithmetic, Quantisation), window: Int) throws {
    let folder = Self.folder("texts")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TinyLlama.write(to: folder, window: window > 0 ? window : nil)
    let model = try LlamaModel(ModelFile(path: folder), arithmetic: mode.0, quantisation: mode.1)
    let expected = try Self.texts(model, Self.prompts, streams: 7)
    #expect(expected.count == Self.prompts.count && Set(expected.values.map { $0 }).count > 3)
    for prompt in Self.prompts { #expect(try Self.texts(model, [prompt], streams: 1)[prompt.index] == expected[prompt.index]) }
    #expect(try Self.texts(model, Self.prompts.reversed(), streams: 3) == expected)
    #expect(try Self.texts(model, Self.prompts, streams: 5, cacheBytes: 1) == expected)
  }

  @Test(arguments: [Arithmetic.exact, .fast], [Float.nan, .infinity])
  func logitsThatAreNoNumbersAreAnError(arithmetic: Arithmetic, weight: Float) throws {
    let folder = Self.folder("spoilt")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TinyLlama.write(to: folder, spoilt: weight)
    let model = try LlamaModel(ModelFile(path: folder), arithmetic: arithmetic)
    let error = #expect(throws: PluginError.self) { try Self.texts(model, Self.prompts, streams: 7) }
    #expect(error?.message.contains("the model's logits are not finite after 0 tokens") == true)
  }

  @Test func promptsThatDoNotFitAreRefused() throws {
    let folder = Self.folder("fit")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TinyLlama.write(to: folder)
    let model = try LlamaModel(ModelFile(path: folder), arithmetic: .exact)
    for tokens in [[Int32](repeating: 1, count: 99), [], [Int32(TinyLlama.vocabulary)]] {
      #expect(throws: PluginError.self) {
        try Self.texts(model, [Prompt(index: 0, tokens: tokens, random: RandomStream(seed: 0, ""))], streams: 1)
      }
    }
  }

  @Test func damagedWeightsAreRefusedByName() throws {
    let folder = Self.folder("damaged")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TinyLlama.write(to: folder)
    let path = folder + "/config.json"
    let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
    for (old, new, words) in [
      ("\"hidden_size\": 32", "\"hidden_size\": 48", "embedding"),
      ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "layers.2"),
      ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "cannot share"), ("\"llama\"", "\"gpt2\"", "gpt2"),
      ("\"intermediate_size\": 64", "\"intermediate_size\": 65", "mlp.gate_proj"),
      ("\"hidden_size\": 32", "\"hidden_size\": 320000000", "out of range"),
    ] {
      try Data(text.replacing(old, with: new).utf8).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: Diagnostic.self) { try LlamaModel(ModelFile(path: folder), arithmetic: .exact) }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }
}
