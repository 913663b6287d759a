import PluginAPI
import Synchronization
import TestSupport
import Testing

/// BERTScore with an encoder that notes what it is asked.
@Suite("BERTScore") struct BERTScoreTests {
  /// A token is a letter, whose state is a unit vector of its own; 0 and 1 stand around each text.
  final class Letters: TokenEncoder {
    let texts = Mutex<[String]>([])
    let width = 256, longestSequence = 8
    var parameters: [Parameter] { [] }

    func tokenize(_ text: String) throws -> SubTokens {
      texts.withLock { $0.append(text) }
      return SubTokens(ids: [0] + text.utf8.filter { $0 > 32 }.map(Int.init) + [1], wordIDs: [])
    }
    func tokenize(words: [String]) throws -> SubTokens { try tokenize(words.joined(separator: " ")) }
    func hiddenStates(_ texts: [String]) throws -> [Tensor] {
      try hiddenStates(ids: texts.map { try tokenize($0).ids }, layer: nil)
    }
    func hiddenStates(ids: [[Int]], layer: Int?) throws -> [Tensor] {
      ids.map { ids in
        let states = Tensor(zeros: [ids.count, width])
        for (row, id) in ids.enumerated() { states[row * width + id] = 2 }
        return states
      }
    }
    func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void> { throw PluginError("not used") }
  }

  @Test func isWhatTheDefinitionSays() throws {
    let score = try BERTScore(encoder: Letters())
    let values = try score(candidates: ["abcd", "ab", "", "x"], references: ["abx", "ab", "a", " "])
    #expect(values[0].precision == 0.5 && abs(values[0].recall - 2.0 / 3) < 1e-12)
    #expect(values.map(\.f1)[1...] == [1, 0, 0])
  }

  /// bert_score has a byte-level tokenizer see a word at a text's beginning; an empty text is none.
  @Test func textsStandBehindASpace() throws {
    let encoder = Letters(), score = try BERTScore(encoder: encoder)
    encoder.texts.withLock { $0 = [] }
    _ = try score(candidates: ["\n ab c ", "  "], references: ["ab", "c"])
    #expect(encoder.texts.withLock { $0 } == [" ab c", " ab", "", " c"])
  }

  @Test func longTextsKeepTheirEnd() throws {
    let score = try BERTScore(encoder: Letters())
    #expect(try score(candidates: ["abcdefghij"], references: ["abcdef"])[0].f1 == 1)
  }
}
