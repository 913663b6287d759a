/// What the files of a language model say about its ids apart from the vocabulary.
struct LanguageSettings: Sendable {
  var bos: Int32?
  var addsBOS = false
  var stopTokens: Set<Int32> = []
  var chatTemplate: String?

  /// Special tokens of these texts end a turn or a document, whether or not a model's files list them.
  static let stopTexts = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>"]

  /// Refuses an id that no piece has.
  static func check(_ id: Int, _ key: String, file: String, vocabularySize: Int) throws(TokenizerError) -> Int32 {
    guard id >= 0, id < vocabularySize else {
      throw TokenizerError(
        file: file, problem: "\(key) is \(id), but the vocabulary has the ids 0 to \(vocabularySize - 1)",
        remedy: "use the tokenizer's files of one model")
    }
    return Int32(id)
  }
}
