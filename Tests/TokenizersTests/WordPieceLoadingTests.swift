import FoundationEssentials
import Testing
import Tokenizers

/// A model folder that is removed at the end of the test.
private struct ModelFolder: ~Copyable {
  let path: String

  init(_ files: [String: [UInt8]]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "tokenizer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, bytes) in files { try Data(bytes).write(to: url.appending(path: name)) }
    path = url.path
  }

  init(_ pieces: [String], configuration: String? = nil, lineEnd: String = "\n") throws {
    var files = ["vocab.txt": Array(pieces.map { $0 + lineEnd }.joined().utf8)]
    if let configuration { files["tokenizer_config.json"] = Array(configuration.utf8) }
    try self.init(files)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load() throws(TokenizerError) -> WordPieceTokenizer { try WordPieceTokenizer(folder: path) }
}

struct WordPieceLoadingTests {
  private let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  private func problem(_ files: [String: [UInt8]]) throws -> TokenizerError {
    let folder = try ModelFolder(files)
    let path = folder.path
    return try #require(throws: TokenizerError.self) { try WordPieceTokenizer(folder: path) }
  }

  @Test func caseFollowsTheVocabularyUnlessConfigured() throws {
    #expect(try ModelFolder(specials + ["a"]).load().options == WordPieceOptions(lowercases: true))
    #expect(try ModelFolder(specials + ["a", "Bc"]).load().options == WordPieceOptions(lowercases: false))
    #expect(try ModelFolder(specials + ["##A", "[X]"]).load().options.lowercases)
    #expect(try ModelFolder(specials + ["Bc"], configuration: "{}").load().options.lowercases == false)
    let configured = try ModelFolder(
      specials + ["Bc"],
      configuration: #"{"do_lower_case": true, "strip_accents": false, "tokenize_chinese_chars": false, "other": [1]}"#)
    #expect(
      try configured.load().options == WordPieceOptions(lowercases: true, stripsAccents: false, spacesIdeographs: false))
    let accents = try ModelFolder(specials, configuration: #"{"do_lower_case": true, "strip_accents": null}"#)
    #expect(try accents.load().options.stripsAccents)
  }

  @Test func lineEndsAndBlankLines() throws {
    let folder = try ModelFolder(specials + ["a", "", "b", "", ""], lineEnd: "\r\n")
    let tokenizer = try folder.load()
    #expect(tokenizer.encode("b a") == [2, 7, 5, 3])
    #expect(tokenizer.vocabularySize == 8)
  }

  @Test func paddingAndMaskMayBeMissing() throws {
    let tokenizer = try ModelFolder(["x", "[UNK]", "[CLS]", "[SEP]"]).load()
    #expect(tokenizer.specialTokens == SpecialTokenIDs(cls: 2, sep: 3, pad: 0, unk: 1, mask: nil))
  }

  @Test func addedTokensAreFoundInTheText() throws {
    let folder = try ModelFolder(
      specials + ["a", "[E1]"],
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
    for token in [#""9": {"content": "x"}"#, #""5": {"content": "x", "normalized": true}"#, #""q": {"content": "x"}"#] {
      let folder = try ModelFolder(specials, configuration: "{\"added_tokens_decoder\": {\(token)}}")
      let path = folder.path
      let error = try #require(throws: TokenizerError.self) { try WordPieceTokenizer(folder: path) }
      #expect(error.file?.hasSuffix("tokenizer_config.json") == true)
    }
  }

  @Test func errorsNameTheFileAndTheProblem() throws {
    let lines = { (pieces: [String]) in Array(pieces.joined(separator: "\n").utf8) }
    let cases: [(files: [String: [UInt8]], file: String, words: String)] = [
      ([:], "/vocab.txt", "missing"),
      (["vocab.txt": []], "/vocab.txt", "empty"),
      (["vocab.txt": lines(["", ""])], "/vocab.txt", "empty"),
      (["vocab.txt": lines(["[PAD]", "[CLS]", "[SEP]"])], "/vocab.txt", "[UNK]"),
      (["vocab.txt": lines(["[UNK]", "[SEP]"])], "/vocab.txt", "[CLS]"),
      (["vocab.txt": lines(["[UNK]", "[CLS]"])], "/vocab.txt", "[SEP]"),
      (["vocab.txt": lines(specials + ["a", "b", "a"])], "/vocab.txt", "line 6 and again on line 8"),
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

  @Test func canonicalEquivalentsAreNoDuplicates() throws {
    let tokenizer = try ModelFolder(specials + ["\u{E9}", "e\u{301}", "X"]).load()
    #expect(tokenizer.encode("e\u{301} \u{E9}") == [2, 6, 5, 3])
  }
}
