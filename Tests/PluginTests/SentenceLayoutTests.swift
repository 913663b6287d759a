import FoundationEssentials
import PluginAPI
import TestSupport
import Testing
import Tokenizers
import Transformers

@Suite("Sentence layout")
struct SentenceLayoutTests {
  let tokenizer: any Tokenizer
  let limits = SequenceLimits(tokens: 16, firstPosition: 0)

  init() throws {
    let lab = try Lab()
    tokenizer = try loadTokenizer(folder: lab.path("model"))
  }

  func layout(_ words: [String], context: [String] = []) -> SentenceLayout {
    SentenceLayout(
      ViewBatch(view: .augmented, sentences: [ViewSentence(id: 0, words: words, context: context)]),
      tokenizer: tokenizer, limits: limits)
  }

  @Test func contextStandsBehindASeparator() {
    let (cls, sep) = (tokenizer.specialTokens.cls, tokenizer.specialTokens.sep)
    let town = tokenizer.pieces(of: "town"), oslo = tokenizer.pieces(of: "Oslo")
    #expect(layout(["town"]).tokens.ids == [cls] + town + [sep])
    let both = layout(["town"], context: ["Oslo"])
    #expect(both.tokens.ids == [cls] + town + [sep] + oslo + [sep])
    #expect(both.tokens.types.allSatisfy { $0 == 0 } && both.wordRows == [1])
    #expect(both.truncation == TruncationLedger())
  }

  @Test func contextIsCutAtAWordAndCounted() {
    let words = Array(repeating: "town", count: 5)
    // [CLS] 5 [SEP] leaves 9 places, one of them for the last separator; "xyz" has three pieces.
    let cut = layout(words, context: ["old", "xyz", "xyz", "xyz", "town"])
    #expect(cut.tokens.count == 2 + 5 + 1 + 6 + 1)
    #expect(cut.truncation.contextWords == 2 && cut.truncation.contextsCut == 1 && cut.truncation.sentencesWindowed == 0)
  }

  @Test func everyWordOfALongSentenceKeepsItsPiece() {
    let words = (0..<50).map { $0 % 3 == 0 ? "xyz" : "town" }
    let long = layout(words, context: ["Oslo"])
    #expect(long.truncation.sentencesWindowed == 1 && long.truncation.contextWords == 1)
    #expect(long.wordRows.count == words.count)
    for (word, row) in zip(words, long.wordRows) {
      #expect(row >= 0 && long.tokens.ids[row] == tokenizer.pieces(of: word)[0])
    }
    // Windows respect the model's length, and no word is read from a window's inner edge while a better one exists.
    for s in 0..<long.tokens.offsets.count - 1 {
      #expect(long.tokens.offsets[s + 1] - long.tokens.offsets[s] <= 16)
    }
    for row in long.wordRows.dropFirst(8).dropLast(8) {
      let position = Int(long.tokens.positions[row])
      #expect((3...13).contains(position), "position \(position) of a window of 16")
    }
  }

  @Test func wordsWithoutPiecesKeepTheirPlace() {
    let odd = layout(["\u{FE0F}", "town", "\u{200B}"])
    #expect(odd.wordRows.count == 3 && odd.wordOffsets == [0, 3])
    #expect(odd.wordRows[1] >= 0)
    for (word, row) in zip(["\u{FE0F}", "town", "\u{200B}"], odd.wordRows) {
      #expect((row < 0) == tokenizer.pieces(of: word).isEmpty)
    }
    #expect(layout([]).wordRows.isEmpty)
  }
}
