import Testing

@testable import Tokenizers

/// Ids that Hugging Face's fast tokenizers give for the small model.
struct UnigramTests {
  private static let cases: [(text: String, ids: [Int32])] = [
    ("ab abc", [10, 10, 7]),
    ("a  b", [9, 4, 6]),
    // A mark that is written in the text begins a piece.
    ("\u{2581}a\u{2581}", [9, 4]),
    ("\u{2581}", [4]),
    // Unknown scalars beside each other are one unknown token.
    ("\u{65E5}\u{672C} b\u{8A9E}", [4, 3, 4, 6, 3]),
    ("\u{1F468}\u{200D}\u{1F469} a", [4, 3, 9]),
    ("\u{BD}.", [4, 15, 3, 16, 20]),
    // The map's entry for the beginning of a short cluster stands for the whole cluster: the accents are lost.
    ("\u{FB01}", [4, 14]),
    ("\u{FB01}\u{301}", [4, 14]),
    ("e\u{301}", [4, 11]),
    ("e\u{301}\u{301}", [4, 11]),
    ("A\u{301}b", [10]),
    ("a\u{200B}b", [10]),
    ("ABAB", [9, 3, 5, 3]),
    ("\u{0}a", [4, 3, 5]),
    // White space of every kind ends words, as the map's spaces do.
    ("a\u{3000}b", [9, 4, 6]), ("a\u{A}b\u{9}c", [9, 4, 6, 4, 7]), ("a\u{85}b", [9, 4, 6]), ("a\u{A0}b", [9, 4, 6]),
    ("a\u{D}\u{A}b", [9, 4, 6]), ("\u{3000}a", [9]), ("\u{D}\u{A}", []), ("  ", []), ("", []),
    // Special tokens; the last is one after normalisation only, and a piece of the vocabulary then.
    ("<mask> a", [23, 9]), ("a <mask>b", [9, 23, 4, 6]), ("a<s>b", [9, 0, 4, 6]), ("\u{FF1C}s\u{FF1E}", [4, 0]),
  ]

  private static func tokenizers() throws -> [any Tokenizer] {
    [
      try TokenizerFolder(["sentencepiece.bpe.model": SmallModels.sentencePiece()]).load(),
      try TokenizerFolder(texts: ["tokenizer.json": SmallModels.unigramJSON]).load(),
    ]
  }

  @Test func idsFromBothFiles() throws {
    for tokenizer in try Self.tokenizers() {
      for (text, ids) in Self.cases {
        #expect(tokenizer.pieces(of: text) == ids, "\(text.unicodeScalars.map(\.value))")
        // Met before: from the cache.
        #expect(tokenizer.encode(text) == [0] + ids + [2])
        #expect(tokenizer.encode(" " + text) == [0] + ids + [2], "a space before it")
      }
      #expect(tokenizer.specialTokens == SpecialTokenIDs(cls: 0, sep: 2, pad: 1, unk: 3, mask: 23))
      #expect(tokenizer.vocabularySize == 24)
    }
  }

  @Test func pairsHaveTwoSeparatorsAndOneType() throws {
    for tokenizer in try Self.tokenizers() {
      let pair = tokenizer.encode("ab", pair: "a b")
      #expect(pair.ids == [0, 10, 2, 2, 9, 4, 6, 2])
      #expect(pair.typeIDs.allSatisfy { $0 == 0 })
      let cut = try tokenizer.encode("ab abc", pair: "a b", maxLength: 7, truncation: .longestFirst)
      #expect(cut.ids == [0, 10, 2, 2, 9, 4, 2])
      #expect(throws: TokenizerError.self) { try tokenizer.encode("a", maxLength: 1) }
    }
  }

  @Test func wordsHaveIndices() throws {
    for tokenizer in try Self.tokenizers() {
      let encoded = tokenizer.encode(words: ["abc", "\u{200B}", "", "a b", "<mask>"])
      #expect(encoded.ids == [0, 10, 7, 9, 4, 6, 23, 2])
      #expect(encoded.wordIDs == [-1, 0, 0, 3, 3, 3, 4, -1])
    }
  }

  @Test func decodingTurnsMarksIntoSpaces() throws {
    for tokenizer in try Self.tokenizers() {
      #expect(tokenizer.decode([0, 10, 7, 9, 3, 2], skipSpecialTokens: false) == "<s> abc a<unk></s>")
      #expect(tokenizer.decode([0, 10, 7, 9, 3, 2, 999, -1], skipSpecialTokens: true) == "abc a")
      #expect(tokenizer.decode([], skipSpecialTokens: false) == "")
    }
  }

  @Test func withoutPrefixSpace() throws {
    let configuration = #"{"add_prefix_space": false}"#
    let tokenizer = try TokenizerFolder([
      "sentencepiece.bpe.model": SmallModels.sentencePiece(), "tokenizer_config.json": Array(configuration.utf8),
    ]).load()
    #expect(tokenizer.pieces(of: "ab a") == [8, 5])
  }

  /// Random words over few letters, scores with many ties: the naive search below is the oracle.
  @Test func viterbiEqualsTheNaiveSearch() throws {
    var random = Generator(seed: 7)
    let letters = ["a", "b", "\u{E9}", "\u{65E5}", "\u{1F600}"].map { Array($0.utf8) }
    for round in 0..<200 {
      var packed = PackedStrings()
      packed.append("<unk>".utf8)
      var texts: Set<[UInt8]> = []
      for _ in 0..<random.below(25) {
        let text = (0...random.below(5)).flatMap { _ in letters[random.below(round % 2 == 0 ? 3 : 5)] }
        if texts.insert(text).inserted { packed.append(text) }
      }
      let scores = (0..<packed.count).map { _ in round % 3 == 0 ? -Double(random.below(4)) : -random.unit() * 10 }
      let model = UnigramModel(try Vocabulary(numbered: packed, file: nil), scores: scores, unk: 0)
      var nodes = GrowableBuffer<UnigramModel.Node>(capacity: 1)
      for _ in 0..<20 {
        let word = (0..<random.below(30)).flatMap { _ in letters[random.below(5)] }
        var ids: [Int32] = []
        word.withUnsafeBufferPointer { model.append($0, nodes: &nodes, to: &ids) }
        #expect(ids == Self.naive(word, packed, scores))
      }
    }
  }

  /// Every piece at every place; strictly better ones replace, from the left and shorter ones last.
  private static func naive(_ word: [UInt8], _ pieces: PackedStrings, _ scores: [Double]) -> [Int32] {
    func isBoundary(_ i: Int) -> Bool { i == word.count || word[i] & 0xC0 != 0x80 }
    let unknown = (scores.min() ?? 0) - 10
    var best: [(score: Double, id: Int, start: Int)?] = [(0, -1, -1)]
    for end in 1..<max(1, word.count + 1) {
      var found: (score: Double, id: Int, start: Int)?
      for start in 0..<end where isBoundary(start) && isBoundary(end) {
        guard let before = best[start] else { continue }
        let text = word[start..<end]
        let id = (0..<pieces.count).first { pieces[$0].elementsEqual(text) }
        let isScalar = !(start + 1..<end).contains(where: isBoundary)
        guard id != nil || isScalar else { continue }
        let score = before.score + (id.map { scores[$0] } ?? unknown)
        if found.map({ score > $0.score }) ?? true { found = (score, id ?? 0, start) }
      }
      best.append(found)
    }
    var (ids, end): ([Int32], Int) = ([], word.count)
    while end > 0, let step = best[end] {
      if step.id != 0 || ids.last != 0 { ids.append(Int32(step.id)) }
      end = step.start
    }
    return ids.reversed()
  }
}
