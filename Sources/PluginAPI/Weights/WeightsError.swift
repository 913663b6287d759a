/// What is wrong with a model file, where, and what to do.
public struct WeightsError: Error, CustomStringConvertible, Sendable {
  /// The file at fault.
  public let file: String
  /// The fault, in one sentence.
  public let message: String

  /// An error about `file`.
  public init(_ file: String, _ message: String) {
    self.file = file
    self.message = message
  }

  /// `file: message`
  public var description: String { "\(file): \(message)" }
}
