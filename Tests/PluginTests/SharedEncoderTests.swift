import PluginAPI
import TestSupport
import Testing
import Tokenizers
import Transformers

extension WordEncoder {
  /// The encoder of a folder, without dropout.
  convenience init(folder: String) throws {
    try self.init(
      folder: folder, config: TransformerConfig(folder: folder), tokenizer: loadTokenizer(folder: folder), firstPosition: 0,
      dropout: 0, precision: .fp32, services: Services(seed: 1, cacheFolder: folder) { _, _ in })
  }
}

/// An encoder that plugins got from the host: they may ask it at the same time, and for anything.
@Suite("Shared encoders")
struct SharedEncoderTests {
  let lab: Lab
  var folder: String { lab.path("model") }

  init() throws { lab = try Lab() }

  /// What `work` gives for 0 ..< `count`, from as many tasks at once.
  func together<Result: Sendable>(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Result) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      for i in 0..<count { group.addTask { (i, try work(i)) } }
      var results: [Int: Result] = [:]
      for try await (i, result) in group { results[i] = result }
      return (0..<count).compactMap { results[$0] }
    }
  }

  static func batch(_ i: Int) -> ViewBatch {
    let words = (0...i).map { TinyBert.words[($0 * 5 + i) % TinyBert.words.count] }
    return ViewBatch(view: .plain, sentences: [ViewSentence(id: i, words: words), ViewSentence(id: i + 1, words: ["xyz"])])
  }

  @Test func inferringTasksTakeTurns() async throws {
    let texts: [[String]] = (0..<8).map { i in TinyBert.words.prefix(i + 1).map { "\($0) of town" } }
    let alone = try WordEncoder(folder: folder)
    let states = try texts.map { try alone.hiddenStates($0) }
    let vectors = try (0..<8).map { try alone.encode(Self.batch($0), mode: .inference).value.tensor }
    for _ in 0..<10 {
      // A new one each time, so that tasks meet where weights are packed.
      let shared = try WordEncoder(folder: folder)
      let found = try await together(16) { i in
        guard i >= 8 else { return try shared.hiddenStates(texts[i]) }
        return [try shared.encode(Self.batch(i - 8), mode: .inference).value.tensor]
      }
      for (found, expected) in zip(found, states + vectors.map { [$0] }) {
        #expect(found.map(\.shape) == expected.map(\.shape))
        for (a, b) in zip(found, expected) { #expect(a.error(b.doubles) < 1e-5) }
      }
    }
  }

  @Test func trainingTasksTakeTurns() async throws {
    @Sendable func train(_ encoder: WordEncoder, _ i: Int) throws {
      let words = try encoder.encode(Self.batch(i), mode: .training(seed: 1, step: i))
      var random = RandomStream(seed: 2, "cotangent").stream(i)
      let cotangent = Tensor.random(words.value.tensor.shape, &random)
      try words.backward(cotangent)
    }
    let alone = try WordEncoder(folder: folder), shared = try WordEncoder(folder: folder)
    for i in 0..<12 { try train(alone, i) }
    _ = try await together(12) { try train(shared, $0) }
    for (a, b) in zip(shared.parameters, alone.parameters) {
      #expect(a.gradient.error(b.gradient.doubles) < 1e-4, "\(a.name)")
    }
    #expect(shared.truncation == alone.truncation)
  }

  @Test func whatWasCutIsCountedForEveryTask() async throws {
    let encoder = try WordEncoder(folder: folder), long = Array(repeating: "town", count: 100)
    _ = try await together(10) { i in
      try encoder.encode(
        ViewBatch(view: .augmented, sentences: [ViewSentence(id: i, words: long, context: ["Oslo"])]), mode: .inference
      ).value
    }
    #expect(encoder.truncation.sentencesWindowed == 10 && encoder.truncation.contextWords == 10)
  }

  @Test func idsThatTheModelDoesNotHaveAreRefused() throws {
    let encoder = try WordEncoder(folder: folder)
    let vocabulary = try TransformerConfig(folder: folder).vocabulary
    func message(_ ids: [Int]) -> String {
      do {
        _ = try encoder.hiddenStates(ids: [[2, 3], ids], layer: nil)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(message([2, 0, vocabulary - 1, 3]) == "accepted")
    for id in [-1, vocabulary, Int.max, Int.min] {
      let text = message([2, id, 3])
      #expect(text.contains("text 1 has the id \(id);") && text.contains("0 to \(vocabulary - 1)"), "\(text)")
    }
    #expect(message([]).contains("text 1 has no tokens"))
    let longest = encoder.longestSequence
    #expect(message([Int](repeating: 2, count: longest)) == "accepted")
    #expect(message([Int](repeating: 2, count: longest + 1)).contains("\(longest + 1) tokens"))
  }
}
