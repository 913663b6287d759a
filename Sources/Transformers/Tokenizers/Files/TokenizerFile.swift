/// A `tokenizer.json`: a model and the steps around it. What this module does not do exactly as the file says is refused.
struct TokenizerFile {
  let path: String
  private let json: JSON
  let model: JSON
  /// Whose tokenizers can be done, for errors.
  private let known: String

  init(_ path: String, known: String = "BERT, RoBERTa or XLM-RoBERTa") throws(TokenizerError) {
    self.path = path
    self.known = known
    json = try JSONParser.read(path)
    guard let model = json["model"] else {
      throw TokenizerError(file: path, problem: "it has no model", remedy: "use the tokenizer.json that came with the model")
    }
    self.model = model
  }

  /// `WordPiece`, `Unigram`, `BPE`, … Files of the first releases leave it out.
  var modelType: String {
    if let type = model["type"]?.string { return type }
    return model["merges"] != nil ? "BPE" : model["vocab"]?.isArray == true ? "Unigram" : "WordPiece"
  }

  func refusal(_ problem: String) -> TokenizerError {
    TokenizerError(
      file: path, problem: "this program cannot do \(problem)",
      remedy: "use a model with the tokenizer of \(known)")
  }

  func malformed(_ problem: String) -> TokenizerError {
    TokenizerError(file: path, problem: problem, remedy: "fetch the model's file again; it may be incomplete")
  }

  /// The steps of a component in order: none where it is null, several where it is a sequence.
  func steps(_ component: String) -> [(type: String, settings: JSON)] {
    guard let value = json[component] else { return [] }
    let type = value["type"]?.string ?? ""
    guard type == "Sequence" else { return [(type, value)] }
    let list = value["normalizers"] ?? value["pretokenizers"] ?? value["processors"] ?? value["decoders"]
    return list?.elements?.map { ($0["type"]?.string ?? "", $0) } ?? []
  }

  /// The one step of a component, which has to be of this type.
  func step(_ component: String, _ type: String) throws(TokenizerError) -> JSON {
    let steps = steps(component)
    guard steps.count == 1, steps[0].type == type else {
      throw refusal(
        "the \(component) \(steps.isEmpty ? "null" : steps.map(\.type).joined(separator: ", ")); it does \(type) only here")
    }
    return steps[0].settings
  }

  /// Refuses a setting that is there and has another value.
  func require(_ settings: JSON, _ key: String, _ value: Bool) throws(TokenizerError) {
    guard let setting = settings[key] else { return }
    guard let setting = setting.bool else { throw malformed("its \(key) is neither true nor false") }
    guard setting == value else { throw refusal("\(key): \(setting)") }
  }

  /// Refuses a setting that is there and is another text.
  func require(_ settings: JSON, _ key: String, _ value: String) throws(TokenizerError) {
    guard let text = settings[key] else { return }
    guard let text = text.string, text.utf8.elementsEqual(value.utf8) else { throw refusal("another \(key) than \"\(value)\"") }
  }

  /// The tokens to find literally in a text.
  func addedTokens() throws(TokenizerError) -> [AddedSpecialToken] {
    var tokens: [AddedSpecialToken] = []
    guard json["added_tokens"]?.isArray ?? true else { throw malformed("its added_tokens are no list") }
    try json["added_tokens"]?.forEachElement { (token) throws(TokenizerError) in
      tokens.append(try AddedSpecialToken(token, file: path))
    }
    return tokens
  }
}
