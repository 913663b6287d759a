import Testing
import Tokenizers

private let basicPieces = [
  "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "run", "##ning", ",", ".", "!", "=", "a", "b", "##a",
  "##b", "\u{E9}", "e\u{301}", "e", "\u{4EAC}", "'", "s", "n't", "[", "]", "mask",
]

private func tokenizer(_ extra: [String] = [], lowercases: Bool = true) throws -> WordPieceTokenizer {
  try WordPieceTokenizer(
    vocabulary: Vocabulary(pieces: basicPieces + extra), options: WordPieceOptions(lowercases: lowercases))
}

extension WordPieceTokenizer {
  fileprivate func text(_ ids: [Int32]) -> [String] {
    ids.map { id in decode([id], skipSpecialTokens: false) }
  }

  fileprivate func tokens(_ text: String) -> [String] { self.text(pieces(of: text)) }
}

private func same(_ left: [String], _ right: [String]) -> Bool {
  // By scalars: `==` of strings is canonical equivalence.
  left.map { Array($0.unicodeScalars) } == right.map { Array($0.unicodeScalars) }
}

struct WordPieceTests {
  @Test func longestMatchIsGreedy() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.tokens("unaffable running") == ["un", "##aff", "##able", "run", "##ning"])
    #expect(tokenizer.tokens("unaffablex un") == ["[UNK]", "un"])
    #expect(tokenizer.tokens("affable") == ["[UNK]"])
    #expect(tokenizer.tokens("##able") == ["[UNK]", "[UNK]", "[UNK]"])
  }

  @Test func specialTokensSurroundTheText() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.encode("") == [2, 3])
    #expect(tokenizer.encode(" \t\r\n\u{2028}") == [2, 3])
    #expect(tokenizer.encode("a") == [2, 14, 3])
    #expect(tokenizer.specialTokens == SpecialTokenIDs(cls: 2, sep: 3, pad: 0, unk: 1, mask: 4))
    #expect(tokenizer.vocabularySize == basicPieces.count)
  }

  @Test func uncasedLowersAndStripsAccents() throws {
    let tokenizer = try tokenizer(["\u{1112}", "##\u{1161}", "##\u{11AB}", "i"])
    #expect(tokenizer.tokens("UNAFF\u{C1}BLE U\u{308}N") == ["un", "##aff", "##able", "un"])
    #expect(tokenizer.tokens("\u{C9} \u{130}") == ["e", "i"])
    #expect(same(tokenizer.tokens("\u{D55C}"), ["\u{1112}", "##\u{1161}", "##\u{11AB}"]))
  }

  @Test func casedKeepsCanonicalEquivalentsApart() throws {
    let tokenizer = try tokenizer(lowercases: false)
    #expect(tokenizer.pieces(of: "\u{E9}") == [18])
    #expect(tokenizer.pieces(of: "e\u{301}") == [19])
    #expect(tokenizer.tokens("A") == ["[UNK]"])
    #expect(tokenizer.vocabulary.id(of: "\u{E9}") == 18)
    #expect(tokenizer.vocabulary.id(of: "e\u{301}") == 19)
  }

  @Test func cleaningJoinsWhatControlsSeparate() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.tokens("u\u{0}n\u{200B}a\u{85}ff\u{FFFD}a\u{FEFF}b\u{7F}le") == ["un", "##aff", "##able"])
    #expect(tokenizer.tokens("a\r\nb\u{A0}a\u{3000}b") == ["a", "b", "a", "b"])
    #expect(tokenizer.tokens("a\u{FFFE} \u{FFFF}") == ["[UNK]", "[UNK]"])
    #expect(tokenizer.tokens("\u{0}") == [])
  }

  @Test func punctuationAndIdeographsAreWords() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.tokens("a,b!.a\u{4EAC}b") == ["a", ",", "b", "!", ".", "a", "\u{4EAC}", "b"])
    // The stroke of U+2260 is a mark; what it leaves is punctuation.
    #expect(tokenizer.tokens("a\u{2260}b") == ["a", "=", "b"])
    let plain = try WordPieceTokenizer(
      vocabulary: Vocabulary(pieces: basicPieces),
      options: WordPieceOptions(lowercases: true, stripsAccents: false, spacesIdeographs: false))
    #expect(plain.tokens("a\u{4EAC}") == ["[UNK]"])
    #expect(plain.tokens("\u{E9} \u{C9}") == ["\u{E9}", "\u{E9}"])
  }

  @Test func keptMarksAreReordered() throws {
    let tokenizer = try tokenizer(["a\u{1B44}\u{8D4}", "a\u{8D4}", "##\u{1B44}"])
    let ordered = Array("a\u{1B44}\u{8D4}".unicodeScalars)
    #expect(tokenizer.tokens("a\u{8D4}\u{1B44}").map { Array($0.unicodeScalars) } == [ordered])
    // U+0901 is a removed starter.
    #expect(same(tokenizer.tokens("a\u{8D4}\u{901}\u{1B44}"), ["a\u{8D4}", "##\u{1B44}"]))
  }

  @Test(arguments: ["a", "\u{E9}", "\u{20AC}", "\u{1F600}"])
  func wordsOverTheLimitAreUnknown(letter: String) throws {
    let tokenizer = try tokenizer(["\u{20AC}", "##\u{20AC}", "\u{1F600}", "##\u{1F600}", "##\u{E9}"], lowercases: false)
    for length in [99, 100] {
      let ids = tokenizer.pieces(of: String(repeating: letter, count: length))
      #expect(ids.count == length && !ids.contains(1))
    }
    for length in [101, 103, 1000] {
      #expect(tokenizer.pieces(of: String(repeating: letter, count: length) + " a") == [1, 14])
    }
  }

  @Test func literalSpecialTokensAreParsed() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.pieces(of: "a[SEP]b [MASK]") == [14, 3, 15, 4])
    #expect(tokenizer.tokens("[[MASK]]") == ["[", "[MASK]", "]"])
    #expect(tokenizer.tokens("[mask]") == ["[", "mask", "]"])
    #expect(tokenizer.tokens("[PAD][PAD") == ["[PAD]", "[", "[UNK]"])
  }

  @Test func wordsHaveIndices() throws {
    let tokenizer = try tokenizer()
    let encoded = tokenizer.encode(words: ["unaffable", "", "\u{200B}", "a,b", "[SEP]"])
    #expect(encoded.ids == [2, 5, 6, 7, 14, 10, 15, 3, 3])
    #expect(encoded.wordIDs == [-1, 0, 0, 0, 3, 3, 3, 4, -1])
    #expect(tokenizer.encode(words: []).wordIDs == [-1, -1])
  }

  @Test func decodingJoinsPieces() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.decode([2, 5, 6, 7, 10, 14, 11, 3], skipSpecialTokens: true) == "unaffable, a.")
    #expect(tokenizer.decode([2, 14, 3, 99, -1], skipSpecialTokens: false) == "[CLS] a [SEP]")
    #expect(tokenizer.decode([14, 22, 23, 24], skipSpecialTokens: false) == "a ' sn't")
    #expect(tokenizer.decode([6, 6], skipSpecialTokens: false) == "##affaff")
    #expect(tokenizer.decode([], skipSpecialTokens: false).isEmpty)
  }

  @Test func manyPiecesAreAllFound() throws {
    var state: UInt64 = 42
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var seen: Set<[UInt8]> = []
    var pieces = ["[UNK]", "[CLS]", "[SEP]"]
    while pieces.count < 20_000 {
      let alphabet: UInt64 = next(4) == 0 ? 0x3000 : 26
      let scalars = (0...next(7)).compactMap { _ in Unicode.Scalar(UInt32(0x61 + next(alphabet))) }
      let piece = String(String.UnicodeScalarView(scalars))
      if seen.insert(Array(piece.utf8)).inserted { pieces.append(piece) }
    }
    let vocabulary = try Vocabulary(pieces: pieces)
    #expect(pieces.indices.allSatisfy { vocabulary.id(of: pieces[$0]) == Int32($0) })
    #expect(vocabulary.id(of: "[UN") == nil && vocabulary.id(of: "") == nil && vocabulary.id(of: "[UNK]]") == nil)
  }
}

struct PairTests {
  private func lengths(_ a: Int, _ b: Int, _ length: Int, _ truncation: Truncation) throws -> [Int] {
    let words = { (word: String, count: Int) in Array(repeating: word, count: count).joined(separator: " ") }
    let encoded = try tokenizer().encode(
      words("a", a), pair: words("b", b), maxLength: length, truncation: truncation)
    #expect(encoded.ids.count == encoded.typeIDs.count)
    return [encoded.ids.count { $0 == 14 }, encoded.ids.count { $0 == 15 }]
  }

  @Test func pairsHaveTypes() throws {
    let encoded = try tokenizer().encode("a b", pair: "b")
    #expect(encoded == PairEncoding(ids: [2, 14, 15, 3, 15, 3], typeIDs: [0, 0, 0, 0, 1, 1]))
    #expect(try tokenizer().encode("a", pair: " ").ids == [2, 14, 3, 3])
    #expect(try tokenizer().encode("a", pair: "") == PairEncoding(ids: [2, 14, 3], typeIDs: [0, 0, 0]))
  }

  @Test func longestFirst() throws {
    #expect(try lengths(4, 4, 11, .longestFirst) == [4, 4])
    #expect(try lengths(2, 9, 11, .longestFirst) == [2, 6])
    #expect(try lengths(9, 2, 11, .longestFirst) == [6, 2])
    #expect(try lengths(9, 9, 10, .longestFirst) == [3, 4])
    #expect(try lengths(9, 8, 10, .longestFirst) == [4, 3])
    #expect(try lengths(9, 8, 3, .longestFirst) == [0, 0])
  }

  @Test func oneSideOnly() throws {
    #expect(try lengths(4, 9, 11, .onlySecond) == [4, 4])
    #expect(try lengths(9, 4, 11, .onlyFirst) == [4, 4])
    #expect(throws: TokenizerError.self) { try lengths(9, 2, 11, .onlySecond) }
    #expect(throws: TokenizerError.self) { try lengths(8, 2, 11, .onlySecond) }
    #expect(throws: TokenizerError.self) { try lengths(1, 1, 2, .longestFirst) }
  }

  @Test func singleTextsAreCutAtTheEnd() throws {
    #expect(try tokenizer().encode("a b a b", maxLength: 4) == [2, 14, 15, 3])
    #expect(try tokenizer().encode("a", maxLength: 2) == [2, 3])
    #expect(throws: TokenizerError.self) { try tokenizer().encode("a", maxLength: 1) }
  }
}
