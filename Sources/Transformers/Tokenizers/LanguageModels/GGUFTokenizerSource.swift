import Weights

/// The tokenizer in a GGUF file's metadata, checked.
struct GGUFTokenizerSource {
  let file: GGUFFile
  let model: String
  let vocabulary: Vocabulary
  let kinds: [PiecePairModel.Kind]

  init(_ file: GGUFFile) throws(TokenizerError) {
    self.file = file
    func fault(_ key: String, _ problem: String) -> TokenizerError { Self.fault(file, key, problem) }
    guard let model = file.metadata["tokenizer.ggml.model"]?.string else {
      throw fault("tokenizer.ggml.model", "is missing: the file has no tokenizer")
    }
    self.model = model
    guard let texts = file.metadata["tokenizer.ggml.tokens"]?.array, texts.isOfStrings, texts.count > 0 else {
      throw fault("tokenizer.ggml.tokens", "is no list of texts")
    }
    var pieces = PackedStrings()
    try texts.forEachString { (text) throws(TokenizerError) in
      guard UTF8Coding.isValid(text) else { throw fault("tokenizer.ggml.tokens", "[\(pieces.count)] is not valid UTF-8") }
      pieces.append(text)
    }
    let count = pieces.count
    if let rows = file.entries["token_embd.weight"]?.shape.first, rows != count {
      throw fault("tokenizer.ggml.tokens", "has \(count) texts, but the model's token_embd.weight has \(rows) rows")
    }
    vocabulary = try Vocabulary(numbered: pieces, file: file.file.path)
    if let value = file.metadata["tokenizer.ggml.token_type"] {
      guard let numbers = value.array?.integers, numbers.count == count else {
        throw fault("tokenizer.ggml.token_type", "is not a list of \(count) integers, one for each of tokenizer.ggml.tokens")
      }
      var kinds: [PiecePairModel.Kind] = []
      for (index, number) in numbers.enumerated() {
        guard let kind = UInt8(exactly: number).flatMap(PiecePairModel.Kind.init) else {
          throw fault("tokenizer.ggml.token_type", "[\(index)] is \(number); types are 1 to 6")
        }
        kinds.append(kind)
      }
      self.kinds = kinds
    } else {
      kinds = [PiecePairModel.Kind](repeating: .normal, count: count)
    }
  }

  func fault(_ key: String, _ problem: String, _ remedy: String) -> TokenizerError {
    Self.fault(file, key, problem, remedy)
  }

  private static func fault(
    _ file: GGUFFile, _ key: String, _ problem: String, _ remedy: String = "convert the model again with a current tool"
  ) -> TokenizerError {
    TokenizerError(file: file.file.path, problem: "\(key) \(problem)", remedy: remedy)
  }

  func flag(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = file.metadata["tokenizer.ggml." + key] else { return nil }
    guard let flag = value.bool else { throw Self.fault(file, "tokenizer.ggml." + key, "is neither true nor false") }
    return flag
  }

  /// The tokens that are found literally in a text.
  var tokens: [AddedSpecialToken] {
    kinds.indices.compactMap { id in
      let kind = kinds[id]
      guard kind == .control || kind == .unknown || kind == .userDefined, !vocabulary.pieces[id].isEmpty else { return nil }
      return AddedSpecialToken(text: vocabulary.pieces.string(id), id: Int32(id), isSpecial: kind != .userDefined)
    }
  }

  /// `addsBOS` holds where the file does not say it.
  func settings(addsBOS: Bool) throws(TokenizerError) -> LanguageSettings {
    func id(_ key: String) throws(TokenizerError) -> Int32? {
      let key = "tokenizer.ggml.\(key)_token_id"
      guard let value = file.metadata[key] else { return nil }
      guard let id = value.integer else { throw Self.fault(file, key, "is no integer") }
      return try LanguageSettings.check(id, key, file: file.file.path, vocabularySize: vocabulary.count)
    }
    var settings = LanguageSettings()
    settings.bos = try id("bos")
    settings.addsBOS = try flag("add_bos_token") ?? addsBOS && settings.bos != nil
    for key in ["eos", "eot", "eom"] { if let id = try id(key) { settings.stopTokens.insert(id) } }
    settings.chatTemplate = file.metadata["tokenizer.chat_template"]?.string
    return settings
  }

  /// Pairs of pieces and what they make.
  func merges() throws(TokenizerError) -> [(left: Int32, right: Int32, id: Int32)] {
    guard let texts = file.metadata["tokenizer.ggml.merges"]?.array, texts.isOfStrings else {
      throw Self.fault(file, "tokenizer.ggml.merges", "is no list of pairs")
    }
    var merges = MergeList(file: file.file.path) { "tokenizer.ggml.merges[\($0)]" }
    try texts.forEachString { (text) throws(TokenizerError) in try merges.append(ArraySlice(text), place: merges.count) }
    return try merges.ids(vocabulary)
  }

  /// The scores of the pieces.
  func scores() throws(TokenizerError) -> [Double] {
    guard let scores = file.metadata["tokenizer.ggml.scores"]?.array?.floats, scores.count == vocabulary.count else {
      throw Self.fault(
        file, "tokenizer.ggml.scores", "is not a list of \(vocabulary.count) floats, one for each of tokenizer.ggml.tokens")
    }
    if let index = scores.firstIndex(where: { $0.isNaN }) {
      throw Self.fault(file, "tokenizer.ggml.scores", "[\(index)] is no number")
    }
    return scores
  }
}
