import Testing
import Tokenizers

/// Tokens that `add_tokens` put into a BERT: found, normalised, in the normalised text.
struct NormalizedTokenTests {
  private static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  /// The tokens get the ids behind the pieces.
  private func make(
    _ pieces: [String], adding tokens: [String], lowercases: Bool = true, normalized: Bool = true
  ) throws -> any Tokenizer {
    let all = Self.specials + pieces
    let listed = tokens.enumerated().map {
      "\"\(all.count + $0.offset)\": {\"content\": \"\($0.element)\", \"normalized\": \(normalized), \"special\": false}"
    }
    return try TokenizerFolder(
      pieces: all,
      configuration: """
        {"do_lower_case": \(lowercases), "added_tokens_decoder": {\(listed.joined(separator: ", "))}}
        """
    ).load()
  }

  @Test func areFoundAsTheTextIsNormalised() throws {
    // 5 a, 6 new, 7 york, 8 x, 9 ".", then the tokens: 10, 11 and 12.
    let tokenizer = try make(["a", "new", "york", "x", "."], adding: ["New York", "Caf\u{E9}", "\u{6771}\u{4EAC}"])
    func ids(_ text: String) -> [Int32] { Array(tokenizer.encode(text).dropFirst().dropLast()) }
    #expect(ids("a New York.") == [5, 10, 9] && ids("NEW\tYORK") == [10] && ids("new york") == [10])
    #expect(ids("new  york") == [6, 7] && ids("New.York") == [6, 9, 7])
    // Inside a word too, whose rest is words of its own.
    #expect(ids("aCAFE\u{301}x a") == [5, 11, 8, 5])
    #expect(ids("a\u{6771}\u{4EAC}x") == [5, 12, 8] && ids("\u{6771} \u{4EAC}") == [1, 1])
    // The special tokens are those of the text as it is written.
    #expect(ids("[MASK]new york[CLS]") == [4, 10, 2] && ids("[mask]") == [1, 1, 1])
    #expect(ids("[MA\u{301}SK]") == [1, 1, 1])
    #expect(ids("").isEmpty && ids("\u{200B}").isEmpty)
    #expect(tokenizer.vocabularySize == 13 && tokenizer.decode([5, 10, 5], skipSpecialTokens: true) == "a New York a")
    let words = tokenizer.encode(words: ["a", "New York", "", "xcaf\u{E9}"])
    #expect(words.ids == [2, 5, 10, 8, 11, 3] && words.wordIDs == [-1, 0, 1, 3, 3, -1])
  }

  @Test func keepTheirCaseInACasedModel() throws {
    let tokenizer = try make(["new", "New"], adding: ["Newer"], lowercases: false)
    #expect(tokenizer.encode("Newer newer New") == [2, 7, 1, 6, 3])
  }

  /// A token that is not normalised itself is found in the original text only, beside one that is.
  @Test func othersAreFoundInTheTextAsItIs() throws {
    let tokenizer = try TokenizerFolder(
      pieces: Self.specials + ["e", "x"],
      configuration: """
        {"do_lower_case": true, "added_tokens_decoder": {"7": {"content": "<E>", "normalized": false},
         "8": {"content": "<X>", "normalized": true}}}
        """
    ).load()
    #expect(tokenizer.encode("<E><X>") == [2, 7, 8, 3])
    #expect(tokenizer.encode("<e><x>") == [2, 1, 5, 1, 8, 3])
  }

  /// A token that never occurs changes the way through the code, but no id.
  @Test(arguments: [true, false])
  func theLongWayGivesTheIDsOfTheShortOne(lowercases: Bool) throws {
    // Precomposed letters, marks of several classes and a starter among them, Hangul, ideographs, punctuation, white space, and
    // what is removed.
    let texts = [
      "a", "B", "z", "\u{E9}", "\u{C9}", "\u{130}", "\u{1E69}", "\u{212A}", "\u{301}", "\u{327}", "\u{302E}", "\u{302F}",
      "\u{16FF0}", "\u{34F}", "\u{1D165}", "\u{1D16D}", "\u{D55C}", "\u{AC00}", "\u{6771}", "\u{F900}", "\u{2F800}", ".", "!",
      "\u{2260}", "\u{3002}", "\u{2329}", " ", "\t", "\n", "\u{3000}", "\u{A0}", "\u{2028}", "\u{0}", "\u{FFFD}", "\u{200B}",
      "\u{AD}", "[CLS]", "[", "\u{1F600}",
    ]
    let letters = ["e", "s", "i", "k", "=", "\u{112}", "\u{1112}", "\u{1161}", "\u{11AB}", "\u{1100}", "\u{8C48}", "\u{4E3D}"]
    // Scalars, because strings are equal where they are canonically equivalent.
    let scalars = Set((texts + letters).flatMap { Array($0.unicodeScalars) + Array($0.lowercased().unicodeScalars) })
    let pieces = scalars.subtracting(["\n"]).sorted().flatMap { [String($0), "##" + String($0)] }
    let short = try make(pieces, adding: ["never seen"], lowercases: lowercases, normalized: false)
    let long = try make(pieces, adding: ["never seen"], lowercases: lowercases)
    var random = Generator(seed: 31)
    for _ in 0..<3000 {
      let text = (0..<1 + random.below(12)).map { _ in texts[random.below(texts.count)] }.joined()
      #expect(short.encode(text) == long.encode(text), "\(text.unicodeScalars.map(\.value))")
    }
  }

  @Test func aLongWordStaysOneUnknown() throws {
    let tokenizer = try make(["a", "##a"], adding: ["New York"])
    #expect(tokenizer.encode(String(repeating: "a", count: 101)) == [2, 1, 3])
    #expect(tokenizer.encode(String(repeating: "A", count: 100)).count == 102)
  }

  /// What decodes is no matter of ids.
  @Test func theDecoderIsNotAskedBeforeSomethingIsDecoded() throws {
    let decoder = ###"{"type": "WordPiece", "prefix": "##", "cleanup": true}"###
    func load(_ other: String) throws -> any Tokenizer {
      try TokenizerFolder(texts: ["tokenizer.json": SmallModels.wordPieceJSON.replacing(decoder, with: other)]).load()
    }
    for (other, text) in [
      (decoder, "unable e"), ("null", "un ##able e"), (#"{"type": "WordPiece", "cleanup": false}"#, "unable e"),
      (#"{"type": "ByteLevel"}"#, "unable e"),
    ] {
      let tokenizer = try load(other)
      #expect(tokenizer.encode("unable e") == [2, 5, 6, 8, 3], "\(other)")
      #expect(tokenizer.decode([5, 6, 8], skipSpecialTokens: true) == text, "\(other)")
    }
  }
}
