import Testing

@testable import Tokenizers

/// Ids that Hugging Face's fast tokenizers give for the small model.
struct BytePairTests {
  private static let cases: [(text: String, ids: [Int32])] = [
    ("the thes", [265, 266, 119]), ("ab abc", [261, 263, 103]), ("the's", [265, 267]), ("thes's", [265, 119, 267]),
    ("1a", [53, 101]), ("'t'll", [43, 120, 43, 112, 112]),
    // Of several spaces the last belongs to the word; at the end of the text all belong together.
    ("  a", [36, 260]), ("a  ", [101, 269]), ("a   b", [101, 269, 36, 102]), (" ", [36]), ("", []),
    ("\u{3000}a", [231, 132, 132, 101]), ("a\u{A0}b", [101, 198, 164, 102]), ("\n\na", [14, 14, 101]),
    ("\u{E9}", [268]), ("\u{65E5}", [234, 155, 169]),
    ("<mask> a", [270, 260]), ("a<s>b", [101, 0, 102]),
  ]

  private static func files(_ texts: [String: String] = [:]) throws -> any Tokenizer {
    let own = ["vocab.json": SmallModels.vocabularyJSON, "merges.txt": SmallModels.mergesText]
    return try TokenizerFolder(texts: own.merging(texts) { $1 }).load()
  }

  private static func json(_ texts: [String: String] = [:]) throws -> any Tokenizer {
    try TokenizerFolder(texts: ["tokenizer.json": SmallModels.bytePairJSON].merging(texts) { $1 }).load()
  }

  @Test func idsFromBothFiles() throws {
    for tokenizer in [try Self.files(), try Self.json()] {
      for (text, ids) in Self.cases {
        var pieces: [Int32] = []
        tokenizer.appendPieces(of: text, to: &pieces)
        #expect(pieces == ids, "\(text.unicodeScalars.map(\.value))")
        #expect(tokenizer.encode(text) == [0] + ids + [2])
      }
      #expect(tokenizer.specialTokens == SpecialTokenIDs(cls: 0, sep: 2, pad: 1, unk: 3, mask: 270))
      #expect(tokenizer.vocabularySize == 271)
    }
  }

  @Test func theMaskTakesTheSpaceBeforeItWhereTheFileSaysSo() throws {
    let configuration = #"{"mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": true, "normalized": true}}"#
    let map = #"{"mask_token": {"content": "<mask>", "lstrip": true, "rstrip": false, "normalized": false}}"#
    for tokenizer in [
      try Self.json(), try Self.files(["tokenizer_config.json": configuration]),
      try Self.files(["special_tokens_map.json": map]),
    ] {
      #expect(tokenizer.encode("a <mask> b") == [0, 101, 270, 36, 102, 2])
    }
    #expect(try Self.files().encode("a <mask> b") == [0, 101, 36, 270, 36, 102, 2])
  }

  @Test func wordsGetASpaceAndTextsOfPairsDoNot() throws {
    for tokenizer in [try Self.files(), try Self.json()] {
      let words = tokenizer.encode(words: ["the", "ab", "", "<s>"])
      #expect(words.ids == [0, 266, 263, 0, 2])
      #expect(words.wordIDs == [-1, 0, 1, 3, -1])
      #expect(tokenizer.pieces(of: "the") == [266])
      #expect(tokenizer.encode("the", pair: "ab").ids == [0, 265, 2, 2, 261, 2])
    }
    let prefixed = try Self.json(["tokenizer_config.json": #"{"add_prefix_space": true}"#])
    #expect(prefixed.encode("the", pair: "ab").ids == [0, 266, 2, 2, 263, 2])
  }

  @Test func decodingGivesBytesBack() throws {
    let tokenizer = try Self.json()
    #expect(tokenizer.decode([0, 265, 266, 267, 268, 2], skipSpecialTokens: true) == "the the's\u{E9}")
    #expect(tokenizer.decode([0, 265, 270, 999], skipSpecialTokens: false) == "<s>the<mask>")
    #expect(tokenizer.decode([234, 155], skipSpecialTokens: false) == "\u{FFFD}")
  }

  @Test func tokensAreAddedBehindTheVocabulary() throws {
    let tokenizer = try Self.files([
      "tokenizer_config.json": #"{"additional_special_tokens": ["<e>"]}"#, "added_tokens.json": #"{"<x>": 272, "<e>": 271}"#,
    ])
    #expect(tokenizer.encode("<e>a<x>") == [0, 271, 101, 272, 2])
    #expect(tokenizer.vocabularySize == 273)
    #expect(tokenizer.decode([271, 101, 272], skipSpecialTokens: true) == "a<x>")
  }

  /// Random merges over few bytes; the naive loop below is the oracle.
  @Test func mergingEqualsTheNaiveLoop() throws {
    var random = Generator(seed: 11)
    for _ in 0..<200 {
      var pieces = (0..<256).map { ByteLevel.text(of: UInt8($0)) }
      var known = Set(pieces)
      let base = 97 + Int(random.below(3))
      var usable = (base..<base + 3).map { $0 }
      var merges: [(left: Int32, right: Int32, id: Int32)] = []
      for _ in 0..<random.below(30) {
        let left = usable[random.below(usable.count)], right = usable[random.below(usable.count)]
        let text = pieces[left] + pieces[right]
        if known.insert(text).inserted {
          pieces.append(text)
          usable.append(pieces.count - 1)
        }
        let id = pieces.firstIndex(of: text) ?? 0
        if !merges.contains(where: { $0.left == left && $0.right == right }) {
          merges.append((Int32(left), Int32(right), Int32(id)))
        }
      }
      var packed = PackedStrings()
      for piece in pieces { packed.append(piece) }
      let model = BytePairModel(try Vocabulary(numbered: packed, file: nil), merges: merges, unk: nil)
      var scratch = BytePairScratch()
      for _ in 0..<20 {
        let word = (0..<random.below(40)).map { _ in UInt8(base + random.below(3)) }
        var ids: [Int32] = []
        word.withUnsafeBufferPointer { model.append($0, &scratch, to: &ids) }
        var naive = word.map(Int32.init)
        while let (place, merge) = Self.first(naive, merges) { naive.replaceSubrange(place...place + 1, with: [merge]) }
        #expect(ids == naive)
      }
    }
  }

  /// The pair of the lowest rank, the leftmost of equal ones.
  private static func first(
    _ ids: [Int32], _ merges: [(left: Int32, right: Int32, id: Int32)]
  ) -> (place: Int, id: Int32)? {
    for merge in merges {
      for place in ids.indices.dropLast() where ids[place] == merge.left && ids[place + 1] == merge.right {
        return (place, merge.id)
      }
    }
    return nil
  }
}
