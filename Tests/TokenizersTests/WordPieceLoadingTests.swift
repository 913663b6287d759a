import FoundationEssentials
import Testing
import Tokenizers

struct WordPieceLoadingTests {
  private let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  private func problem(_ files: [String: [UInt8]]) throws -> TokenizerError {
    let folder = try TokenizerFolder(files)
    let path = folder.path
    return try #require(throws: TokenizerError.self) { try loadTokenizer(folder: path) }
  }

  @Test func caseFollowsTheVocabularyUnlessConfigured() throws {
    #expect(try TokenizerFolder(pieces: specials + ["a"]).wordPiece().options == WordPieceOptions(lowercases: true))
    #expect(try TokenizerFolder(pieces: specials + ["a", "Bc"]).wordPiece().options == WordPieceOptions(lowercases: false))
    #expect(try TokenizerFolder(pieces: specials + ["##A", "[X]"]).wordPiece().options.lowercases)
    #expect(try TokenizerFolder(pieces: specials + ["Bc"], configuration: "{}").wordPiece().options.lowercases == false)
    let configured = try TokenizerFolder(
      pieces: specials + ["Bc"],
      configuration: #"{"do_lower_case": true, "strip_accents": false, "tokenize_chinese_chars": false, "other": [1]}"#)
    #expect(
      try configured.wordPiece().options == WordPieceOptions(lowercases: true, stripsAccents: false, spacesIdeographs: false))
    let accents = try TokenizerFolder(pieces: specials, configuration: #"{"do_lower_case": true, "strip_accents": null}"#)
    #expect(try accents.wordPiece().options.stripsAccents)
  }

  @Test func lineEndsAndBlankLines() throws {
    let folder = try TokenizerFolder(pieces: specials + ["a", "", "b", "", ""], lineEnd: "\r\n")
    let tokenizer = try folder.load()
    #expect(tokenizer.encode("b a") == [2, 7, 5, 3])
    #expect(tokenizer.vocabularySize == 8)
  }

  @Test func paddingAndMaskMayBeMissing() throws {
    let tokenizer = try TokenizerFolder(pieces: ["x", "[UNK]", "[CLS]", "[SEP]"]).load()
    #expect(tokenizer.specialTokens == SpecialTokenIDs(cls: 2, sep: 3, pad: 0, unk: 1, mask: nil))
  }

  @Test func addedTokensAreFoundInTheText() throws {
    let folder = try TokenizerFolder(
      pieces: specials + ["a", "[E1]"],
      configuration: """
        {"added_tokens_decoder": {
          "0": {"content": "[PAD]", "normalized": false, "special": true},
          "7": {"content": "<e>", "normalized": false, "special": false},
          "6": {"content": "[E1]", "normalized": false, "special": true}}}
        """)
    let tokenizer = try folder.load()
    #expect(tokenizer.encode("a<e>a[E1]") == [2, 5, 7, 5, 6, 3])
    #expect(tokenizer.vocabularySize == 8)
    #expect(tokenizer.decode([5, 7, 6, 5], skipSpecialTokens: true) == "a <e> a")
  }

  @Test func unusableAddedTokensAreRefused() throws {
    for token in [#""9": {"content": "x"}"#, #""5": {"content": "x", "single_word": true}"#, #""q": {"content": "x"}"#] {
      let folder = try TokenizerFolder(pieces: specials, configuration: "{\"added_tokens_decoder\": {\(token)}}")
      let path = folder.path
      let error = try #require(throws: TokenizerError.self) { try loadTokenizer(folder: path) }
      #expect(error.file?.hasSuffix("tokenizer_config.json") == true)
    }
  }

  @Test func errorsNameTheFileAndTheProblem() throws {
    let lines = { (pieces: [String]) in Array(pieces.joined(separator: "\n").utf8) }
    let cases: [(files: [String: [UInt8]], file: String, words: String)] = [
      ([:], "", "no tokenizer.json, sentencepiece.bpe.model, vocab.json with merges.txt, or vocab.txt"),
      (["vocab.txt": []], "/vocab.txt", "empty"),
      (["vocab.txt": lines(["", ""])], "/vocab.txt", "empty"),
      (["vocab.txt": lines(["[PAD]", "[CLS]", "[SEP]"])], "/vocab.txt", "[UNK]"),
      (["vocab.txt": lines(["[UNK]", "[SEP]"])], "/vocab.txt", "[CLS]"),
      (["vocab.txt": lines(["[UNK]", "[CLS]"])], "/vocab.txt", "[SEP]"),
      (["vocab.txt": lines(specials) + [0x0A, 0xC3, 0x28]], "/vocab.txt", "UTF-8"),
      (["vocab.txt": lines(specials), "tokenizer_config.json": Array("{".utf8)], "/tokenizer_config.json", "configuration"),
      (
        ["vocab.txt": lines(specials), "tokenizer_config.json": Array(#"{"do_lower_case": "yes"}"#.utf8)],
        "/tokenizer_config.json", "configuration"
      ),
    ]
    for (files, file, words) in cases {
      let error = try problem(files)
      #expect(error.file?.hasSuffix(file) == true)
      #expect(error.problem.contains(words))
      #expect(!error.remedy.isEmpty)
      #expect(error.description.contains(file) && error.description.contains(words))
    }
  }

  /// The reference reads a dictionary: the last line is the id, and the first counts as one all the same.
  @Test func ofARepeatedPieceTheLastLineCounts() throws {
    let tokenizer = try TokenizerFolder(pieces: specials + ["a", "", "b", "a", "", "c"]).load()
    #expect(tokenizer.encode("a b c") == [2, 8, 7, 10, 3])
    #expect(tokenizer.vocabularySize == 11)
  }

  @Test func canonicalEquivalentsAreNoDuplicates() throws {
    let tokenizer = try TokenizerFolder(pieces: specials + ["\u{E9}", "e\u{301}", "X"]).load()
    #expect(tokenizer.encode("e\u{301} \u{E9}") == [2, 6, 5, 3])
  }
}

extension TokenizerFolder {
  fileprivate func wordPiece() throws -> WordPieceTokenizer { try #require(try load() as? WordPieceTokenizer) }
}
