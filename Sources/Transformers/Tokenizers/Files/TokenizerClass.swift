/// The class that made a folder's ids. Without a `tokenizer.json` it alone tells that a vocabulary is not used as its file suggests:
/// Japanese BERT, for one, has BERT's `vocab.txt`, but cuts words by a dictionary first.
struct TokenizerClass {
  /// Models whose tokenizers need no more than the vocabulary files.
  private static let models = ["Bert", "Roberta", "XLMRoberta", "Electra", "DistilBert"]

  let name: String
  let file: String

  /// `tokenizer_class` of tokenizer_config.json, else of config.json; nil where neither has one.
  init?(folder: String, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    if let file = configuration.file, let name = configuration.tokenizerClass {
      (self.file, self.name) = (file, name)
      return
    }
    let file = folder + "/config.json"
    guard FileContents.exists(file), let name = try JSONParser.read(file)["tokenizer_class"]?.string else { return nil }
    (self.file, self.name) = (file, name)
  }

  func check() throws(TokenizerError) {
    let known = Self.models.flatMap { [$0 + "Tokenizer", $0 + "TokenizerFast"] } + ["PreTrainedTokenizerFast"]
    guard !known.contains(name) else { return }
    throw TokenizerError(
      file: file, problem: "the tokenizer_class \(name) splits texts in a way of its own",
      remedy: "load it with the fast tokenizer of Hugging Face and save it: its tokenizer.json says all that is needed")
  }
}
