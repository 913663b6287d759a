import Testing

@testable import Tokenizers

/// Folders without a tokenizer.json: the vocabulary's form alone does not say how texts are cut.
struct TokenizerClassTests {
  private static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n"

  private func folder(_ name: String, in file: String, beside files: [String: String] = [:]) throws -> TokenizerFolder {
    let own = ["vocab.txt": Self.vocabulary, file: "{\"tokenizer_class\": \"\(name)\"}"]
    return try TokenizerFolder(texts: own.merging(files) { own, _ in own })
  }

  @Test(arguments: ["tokenizer_config.json", "config.json"])
  func knownClassesLoad(file: String) throws {
    for model in ["Bert", "Roberta", "XLMRoberta", "Electra", "DistilBert", "PreTrained"] {
      #expect(try folder(model + "TokenizerFast", in: file).load().encode("a") == [2, 4, 3])
    }
    #expect(try folder("BertTokenizer", in: file).load().encode("a") == [2, 4, 3])
    #expect(try TokenizerFolder(texts: ["vocab.txt": Self.vocabulary, file: "{}"]).load().encode("a") == [2, 4, 3])
  }

  @Test(arguments: ["tokenizer_config.json", "config.json"], ["BertJapaneseTokenizer", "HerbertTokenizerFast", "Tokenizer"])
  func othersAreRefusedByName(file: String, name: String) throws {
    let error = try #require(throws: TokenizerError.self) { try folder(name, in: file).load() }
    #expect(error.file?.hasSuffix("/" + file) == true && error.problem.contains("tokenizer_class \(name)"), "\(error)")
    #expect(error.remedy.contains("tokenizer.json"))
  }

  @Test func theTokenizersOwnConfigurationCountsFirst() throws {
    let known = try folder(
      "BertTokenizer", in: "tokenizer_config.json", beside: ["config.json": #"{"tokenizer_class": "BertJapaneseTokenizer"}"#])
    #expect(try known.load().encode("a") == [2, 4, 3])
    let other = try folder(
      "BertJapaneseTokenizer", in: "tokenizer_config.json", beside: ["config.json": #"{"tokenizer_class": "BertTokenizer"}"#])
    #expect(throws: TokenizerError.self) { try other.load() }
  }

  @Test func aTokenizerJSONDecidesByItself() throws {
    let tokenizer = try folder(
      "BertJapaneseTokenizer", in: "tokenizer_config.json", beside: ["tokenizer.json": SmallModels.wordPieceJSON]
    ).load()
    #expect(tokenizer.encode("unaffable") == [2, 5, 7, 6, 3])
  }

  /// A BPE of characters, as in HerBERT.
  @Test func aVocabularyOfCharactersIsNotOneOfBytes() throws {
    let pieces = ["<s>", "<pad>", "</s>", "<unk>", "a", "b</w>", "ab</w>"]
    let vocabulary = pieces.enumerated().map { "\"\($0.element)\": \($0.offset)" }.joined(separator: ", ")
    let folder = try TokenizerFolder(texts: ["vocab.json": "{\(vocabulary)}", "merges.txt": "#version: 0.2\na b</w>\n"])
    let error = try #require(throws: TokenizerError.self) { try folder.load() }
    #expect(error.file?.hasSuffix("/vocab.json") == true && error.problem.contains("bytes"), "\(error)")
  }
}
