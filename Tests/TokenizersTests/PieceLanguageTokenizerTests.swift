import Testing

@testable import Tokenizers

struct PieceLanguageTokenizerTests {
  private static let mark = "\u{2581}"
  private static let files = PieceModelFiles([
    "ab", "\(mark)a", "bc", "\(mark)ab", "abc", "aa", "aaa", mark, "a", "b", "c", "\(mark)\(mark)", "日",
  ])

  /// The same ids from each form of the model's files.
  @Test func idsByHand() throws {
    let id = Self.files.id
    func byte(_ value: Int32) -> Int32 { 3 + value }
    let cases: [(text: String, ids: [Int32])] = [
      ("", []), ("a", [id("▁a")]), ("ab", [id("▁ab")]), ("abc", [id("▁ab"), id("c")]), ("b", [id("▁"), id("b")]),
      // "ab" has the highest score, so "▁" and "a" do not meet.
      ("aab", [id("▁a"), id("ab")]), ("aaa", [id("▁a"), id("aa")]), ("a  b", [id("▁a"), id("▁▁"), id("b")]),
      (" ", [id("▁▁")]), ("a\n", [id("▁a"), byte(10)]), ("日x", [id("▁"), id("日"), byte(0x78)]),
      ("é", [id("▁"), byte(0xC3), byte(0xA9)]), ("<s>", [id("▁"), byte(60), byte(0x73), byte(62)]),
    ]
    for tokenizer in try Self.files.tokenizers() {
      for (text, ids) in cases {
        #expect(tokenizer.encode(text, parsingSpecials: false) == ids, "\(text)")
        #expect(tokenizer.decode(ids) == text)
      }
      #expect(tokenizer.vocabularySize == Self.files.pieces.count)
      #expect(tokenizer.bos == 1 && tokenizer.addsBOS && tokenizer.id(ofSpecial: "</s>") == 2)
      #expect(tokenizer.id(ofSpecial: "ab") == nil)
    }
  }

  /// Each stretch between special tokens is a text of its own.
  @Test func specialTokensInTemplates() throws {
    let id = Self.files.id
    for tokenizer in try Self.files.tokenizers() {
      #expect(tokenizer.encode("<s>a</s> b", parsingSpecials: true) == [1, id("▁a"), 2, id("▁▁"), id("b")])
      #expect(tokenizer.encode("<unk>", parsingSpecials: true) == [0])
      #expect(!tokenizer.encode("<s>a</s> b", parsingSpecials: false).contains { $0 < 3 })
    }
  }

  /// `prepend_scheme: first`: a space in front of what begins the text, unless one is there.
  @Test func spaceInFrontOfTheFirstStretchAlone() throws {
    let id = Self.files.id
    var files = Self.files
    files.scheme = "first"
    let tokenizer = try TokenizerFolder(texts: ["tokenizer.json": files.json]).loadLanguageTokenizer()
    #expect(tokenizer.encode("a</s>a", parsingSpecials: true) == [id("▁a"), 2, id("a")])
    #expect(tokenizer.encode("<s>a", parsingSpecials: true) == [1, id("a")])
    #expect(tokenizer.encode(" a", parsingSpecials: false) == [id("▁a")])
    #expect(tokenizer.encode("a", parsingSpecials: false, isFirst: false) == [id("a")])
    #expect(tokenizer.encode(" a", parsingSpecials: false, isFirst: false) == [id("▁a")])
  }

  @Test func bytesOfTokens() throws {
    let id = Self.files.id
    for tokenizer in try Self.files.tokenizers() {
      #expect(tokenizer.bytes(of: id("▁ab")) == Array(" ab".utf8) && tokenizer.bytes(of: id("日")) == Array("日".utf8))
      #expect(tokenizer.bytes(of: 3 + 0xE6) == [0xE6])
      for nothing in [0, 1, 2, -1, 100_000] as [Int32] { #expect(tokenizer.bytes(of: nothing).isEmpty) }
      // Bytes make a character, or each becomes a replacement.
      #expect(tokenizer.decode([1, id("▁a"), 3 + 0xC3, 3 + 0xA9, 2, id("▁a")]) == "aé a")
      #expect(tokenizer.decode([3 + 0xE6, 3 + 0x97, id("a"), 3 + 0xFF]) == "\u{FFFD}\u{FFFD}a\u{FFFD}")
      #expect(tokenizer.decode([id("▁▁"), id("▁a")]) == "  a" && tokenizer.decode([3 + 0x20, id("▁a")]) == "  a")
    }
  }

  @Test func equalScoresMergeFromTheLeft() throws {
    var files = PieceModelFiles(["aa", "a", "ba", "b", "▁"])
    for index in files.pieces.indices { files.pieces[index].score = 0 }
    let id = files.id
    for tokenizer in [try files.tokenizers(all: false)[0], try files.gguf.tokenizer()] {
      #expect(tokenizer.encode("aaa", parsingSpecials: false) == [id("▁"), id("aa"), id("a")])
      #expect(tokenizer.encode("baa", parsingSpecials: false) == [id("▁"), id("ba"), id("a")])
    }
  }

  @Test func unusedPiecesAreTakenApart() throws {
    var files = PieceModelFiles(["ab", "abc", "a", "b", "c", "▁"])
    files.pieces[Int(files.id("abc"))].kind = .unused
    files.pieces[Int(files.id("c"))].kind = .unused
    let id = files.id
    let tokenizer = try files.tokenizers(all: false)[0]
    #expect(tokenizer.encode("abc", parsingSpecials: false) == [id("▁"), id("ab"), 3 + 0x63])
    // llama.cpp keeps them.
    #expect(try files.gguf.tokenizer().encode("abc", parsingSpecials: false) == [id("▁"), id("abc")])
  }

  @Test func userDefinedPiecesStandAlone() throws {
    var files = PieceModelFiles(["ab", "a", "b", "▁", "ba", "<x>"])
    files.pieces[Int(files.id("<x>"))].kind = .userDefined
    files.pieces[Int(files.id("ba"))].kind = .userDefined
    let id = files.id
    let tokenizer = try files.tokenizers(all: false)[0]
    #expect(tokenizer.encode("a<x>b", parsingSpecials: false) == [id("▁"), id("a"), id("<x>"), id("b")])
    #expect(tokenizer.encode("aba", parsingSpecials: false) == [id("▁"), id("a"), id("ba")])
    #expect(tokenizer.decode([id("<x>"), id("ba")]) == "<x>ba" && tokenizer.id(ofSpecial: "<x>") == nil)
    // In llama.cpp the text behind one gets a space, as behind any special token.
    let ids = try files.gguf.tokenizer().encode("a<x>b", parsingSpecials: false)
    #expect(ids == [id("▁"), id("a"), id("<x>"), id("▁"), id("b")])
  }

  @Test func withoutBytesNeighboursAreOneUnknown() throws {
    let files = PieceModelFiles(["a", "▁"], bytes: false), id = files.id
    for tokenizer in [try files.tokenizers(all: false)[0], try files.gguf.tokenizer()] {
      #expect(tokenizer.encode("axyz zya", parsingSpecials: false) == [id("▁"), id("a"), 0, id("▁"), 0, id("a")])
    }
  }

  @Test func spaces() throws {
    var files = PieceModelFiles(["▁a", "▁▁", "a", "▁"])
    let id = files.id
    files.removesExtraSpaces = true
    var tokenizer = try files.tokenizers(all: false)[0]
    #expect(tokenizer.encode("  a   a  ", parsingSpecials: false) == [id("▁a"), id("▁a")])
    #expect(tokenizer.encode("   ", parsingSpecials: false).isEmpty)
    #expect(tokenizer.decode([id("▁"), id("▁a"), id("▁a")]) == "a a")
    files.removesExtraSpaces = false
    files.addsPrefix = false
    for form in [try files.tokenizers(all: false)[0], try files.gguf.tokenizer()] {
      tokenizer = form
      #expect(tokenizer.encode("a a", parsingSpecials: false) == [id("a"), id("▁a")])
      #expect(tokenizer.decode([id("▁a")]) == " a")
    }
  }

  /// Random models over few characters, with pieces that go on behind a word's end or whose characters are none; the naive loop
  /// below is the oracle.
  @Test func mergingEqualsTheNaiveLoop() throws {
    var random = Generator(seed: 21)
    for round in 0..<150 {
      let characters = ["a", "b", Self.mark, "é", "日"].prefix(2 + random.below(4))
      var texts: Set<String> = []
      for _ in 0..<3 + random.below(25) {
        let length = 1 + random.below(4)
        texts.insert((0..<length).map { _ in characters[random.below(characters.count)] }.joined())
      }
      var files = PieceModelFiles(texts.sorted(), bytes: round % 3 > 0)
      for index in files.pieces.indices where files.pieces[index].kind == .normal {
        files.pieces[index].score = -Float(random.below(12))
      }
      let tokenizers = [try files.tokenizers(all: false)[0], try files.gguf.tokenizer()]
      for _ in 0..<20 {
        let text = (0..<random.below(30)).map { _ in characters[random.below(characters.count)] }.joined()
          .replacing(Self.mark, with: " ")
        let expected = text.isEmpty ? [] : Self.naive(Self.mark + text.replacing(" ", with: Self.mark), files)
        for tokenizer in tokenizers { #expect(tokenizer.encode(text, parsingSpecials: false) == expected, "\(text)") }
      }
    }
  }

  private static func naive(_ text: String, _ files: PieceModelFiles) -> [Int32] {
    let scores = Dictionary(
      uniqueKeysWithValues: files.pieces.filter { $0.kind == .normal }.map { (Array($0.text.unicodeScalars), $0.score) })
    var symbols = text.unicodeScalars.map { [$0] }
    while true {
      var best: (place: Int, score: Float)?
      for place in symbols.indices.dropLast() {
        guard let score = scores[symbols[place] + symbols[place + 1]], score > best?.score ?? -.infinity else { continue }
        best = (place, score)
      }
      guard let best else { break }
      symbols.replaceSubrange(best.place...best.place + 1, with: [symbols[best.place] + symbols[best.place + 1]])
    }
    var ids: [Int32] = []
    for symbol in symbols {
      let text = String(String.UnicodeScalarView(symbol))
      if scores[symbol] != nil {
        ids.append(files.id(text))
      } else if files.fallsBackToBytes {
        ids += text.utf8.map { 3 + Int32($0) }
      } else if ids.last != 0 {
        ids.append(0)
      }
    }
    return ids
  }
}
