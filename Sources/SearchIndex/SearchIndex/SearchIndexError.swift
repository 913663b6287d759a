/// Why an index cannot be made, opened or asked.
public struct SearchIndexError: Error, CustomStringConvertible, Sendable, Hashable {
  /// The fault, in one sentence that names the index or the library.
  public var message: String
  /// What to do; empty where the message says it.
  public var hint: String

  init(_ message: String, hint: String = "") {
    self.message = message
    self.hint = hint
  }

  /// Message and hint.
  public var description: String { hint.isEmpty ? message : "\(message); \(hint)" }
}
