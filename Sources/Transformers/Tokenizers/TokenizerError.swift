/// Why a tokenizer could not be loaded, or could not do what was asked.
public struct TokenizerError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The file at fault; nil where the problem lies in no file.
  public let file: String?
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  /// An error about `file`, or about no file when that is nil.
  public init(file: String? = nil, problem: String, remedy: String) {
    self.file = file
    self.problem = problem
    self.remedy = remedy
  }

  /// File, problem and remedy in one line.
  public var description: String {
    (file.map { "\($0): " } ?? "") + problem + "; " + remedy
  }
}
