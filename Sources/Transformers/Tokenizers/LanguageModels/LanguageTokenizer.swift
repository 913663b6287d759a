/// The tokenizer of a language model: text to ids without any added special token, and ids back to bytes.
public protocol LanguageTokenizer: Sendable {
  /// Number of ids: every id is below it.
  var vocabularySize: Int { get }
  /// The token that begins a sequence, where the model has one.
  var bos: Int32? { get }
  /// Whether a prompt begins with ``bos``.
  var addsBOS: Bool { get }
  /// The tokens after which generation stops.
  var stopTokens: Set<Int32> { get }
  /// The model's own chat template (Jinja), for recognising which template it is; it is never executed.
  var chatTemplate: String? { get }

  /// The id of a special token, by its text.
  func id(ofSpecial text: String) -> Int32?

  /// The ids of a text; ``bos`` is never added.
  /// - Parameter parsingSpecials: whether special tokens that are written in the text become the token. False for what users
  ///   wrote, true for templates.
  /// - Parameter isFirst: whether nothing is written before the text, not even a special token; a ``bos`` that is added to it does
  ///   not count. Some models put a space in front of the first stretch alone (`prepend_scheme: first`).
  func encode(_ text: String, parsingSpecials: Bool, isFirst: Bool) -> [Int32]

  /// What a token stands for: bytes, for a character may be spread over several tokens. Empty for special tokens, the unknown one,
  /// and ids outside of the vocabulary.
  func bytes(of id: Int32) -> [UInt8]

  /// The text of a whole sequence. Bytes that are no UTF-8 become U+FFFD.
  func decode(_ ids: [Int32]) -> String
}

extension LanguageTokenizer {
  /// The ids of a text that stands alone.
  public func encode(_ text: String, parsingSpecials: Bool) -> [Int32] {
    encode(text, parsingSpecials: parsingSpecials, isFirst: true)
  }
}
