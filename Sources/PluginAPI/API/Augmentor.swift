/// One sentence that wants a context.
public struct ContextRequest: Sendable {
  /// Its place in the array of requests; answers name it.
  public var index: Int
  /// The words.
  public var words: [String]
  /// Which file it is from: `train`, `dev`, `test`, or another name where a sentence stands alone.
  public var split: String
  /// Its index in the split, and how many sentences the split has.
  public var position: Int, splitCount: Int
  /// The rendered prompt, where the plugin's manifest says that it takes one.
  public var prompt: String?
  /// Its own random stream: the text must not depend on batch, order or threads.
  public var random: RandomStream

  /// A request.
  public init(
    index: Int, words: [String], split: String, position: Int, splitCount: Int, prompt: String? = nil,
    random: RandomStream
  ) {
    self.index = index
    self.words = words
    self.split = split
    self.position = position
    self.splitCount = splitCount
    self.prompt = prompt
    self.random = random
  }
}

/// The text that stands beside a sentence.
public struct Context: Sendable, Equatable {
  /// The text as it came, not stripped.
  public var text: String
  /// Why generation ended: `stop`, `length`, `stored`, …
  public var finish: String
  /// Tokens generated, where they are counted.
  public var tokens: Int?
  /// Where it came from: `file:line`, a URL, a model.
  public var source: String

  /// A context.
  public init(text: String, finish: String = "stop", tokens: Int? = nil, source: String = "") {
    self.text = text
    self.finish = finish
    self.tokens = tokens
    self.source = source
  }
}

/// Gives each sentence a context.
public protocol Augmentor: Plugin {
  /// Everything the text depends on besides request and seed, by name: model digest, sampling, file digest, …
  var fingerprint: [String: String] { get }
  /// Answers every request's index exactly once, as they finish, in any order. Ends early when the task is cancelled.
  func contexts(for requests: [ContextRequest]) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error>
}
