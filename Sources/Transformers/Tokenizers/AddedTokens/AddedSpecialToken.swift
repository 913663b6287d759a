/// A token that is found literally in a text before anything else happens to it.
struct AddedSpecialToken: Sendable {
  /// The id of a token that was not given one yet.
  static let unnumbered: Int32 = -1

  let text: String
  var id: Int32
  /// Left out by `decode(_:skipSpecialTokens: true)`.
  let isSpecial: Bool
  /// Takes white space before it along.
  var stripsLeft = false
  /// Takes white space after it along.
  var stripsRight = false
  /// Found, itself normalised, in the normalised text.
  var isNormalized = false
  /// Without an id, gets the next one if the vocabulary lacks it; other tokens are left out then.
  var isNew = false
}

extension AddedSpecialToken {
  /// A token as tokenizer files list it; `id` and `isSpecial` where they stand elsewhere.
  init(_ json: JSON, id: Int32? = nil, isSpecial: Bool? = nil, file: String) throws(TokenizerError) {
    guard let text = json["content"]?.string, !text.isEmpty, let id = id ?? json["id"]?.id else {
      throw TokenizerError(
        file: file, problem: "an added token has no content or no id", remedy: "use the file that came with the model")
    }
    guard json["single_word"]?.bool != true else {
      throw TokenizerError(
        file: file, problem: "the added token \"\(text)\" is to be matched as a single word",
        remedy: "set its single_word to false, if the model was trained so")
    }
    let isSpecial = isSpecial ?? json["special"]?.bool ?? false
    self.init(
      text: text, id: id, isSpecial: isSpecial, stripsLeft: json["lstrip"]?.bool ?? false,
      stripsRight: json["rstrip"]?.bool ?? false, isNormalized: json["normalized"]?.bool ?? !isSpecial)
  }

  /// The number of ids of a vocabulary with these tokens. Each has the vocabulary's id for its text, or the next one behind.
  static func vocabularySize(
    _ vocabulary: Vocabulary, adding tokens: [AddedSpecialToken], file: String?
  ) throws(TokenizerError) -> Int {
    var size = vocabulary.count
    for token in tokens.sorted(by: { $0.id < $1.id }) {
      guard token.id == vocabulary.id(of: token.text) ?? Int32(size) else {
        throw TokenizerError(
          file: file, problem: "the added token \"\(token.text)\" has the id \(token.id), which the vocabulary contradicts",
          remedy: "use the vocabulary and the settings of the same model")
      }
      size = max(size, Int(token.id) + 1)
    }
    return size
  }
}
