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
  /// Tokens read for it, where they are counted.
  public var promptTokens: Int?
  /// How long it took, where that is measured; answers that were made together share their time.
  public var milliseconds: Int?
  /// What else the provider says, by name: a request's id, the revision of a model, …
  public var details: [String: String]

  /// A context.
  public init(
    text: String, finish: String = "stop", tokens: Int? = nil, source: String = "", promptTokens: Int? = nil,
    milliseconds: Int? = nil, details: [String: String] = [:]
  ) {
    self.text = text
    self.finish = finish
    self.tokens = tokens
    self.source = source
    self.promptTokens = promptTokens
    self.milliseconds = milliseconds
    self.details = details
  }
}

extension Context {
  /// The answer to a request that failed on its own, while others may succeed. It is not stored, and its sentence is read alone.
  /// An augmentor that cannot go on throws instead.
  public static func failed(_ reason: String) -> Context {
    Context(text: "", finish: "failed", details: ["failure": reason])
  }

  /// Why the request failed; nil where this is a text.
  public var failure: String? { finish == "failed" ? details["failure"] ?? "it does not say why" : nil }
}

/// Gives each sentence a context.
public protocol Augmentor: Plugin {
  /// Everything the text depends on besides prompt, sentence and seed, by name: model digest, sampling, file digest, …
  /// Contexts are stored under it: what it leaves out is taken to be the same.
  var fingerprint: [String: String] { get }
  /// Answers every request's index exactly once, as they finish, in any order. Ends early when the task is cancelled.
  /// The call or the stream throws where a request failed: what is answered is stored.
  func contexts(for requests: [ContextRequest]) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error>
}

/// An augmentor whose answers are paid for: interrupted, it ends without dropping what it has asked for.
public protocol OrderlyStop: Augmentor {
  /// From now on nothing new is asked; what is under way is answered, then the streams end. The host calls it at Ctrl-C, from
  /// another thread, where it cancels the task of other augmentors. A second Ctrl-C ends the process.
  func stop()
}

/// An augmentor that can tell what requests will cost before they are made.
public protocol CostEstimator: Augmentor {
  /// What it would take to answer `requests`; nothing is generated. Throws where that cannot be known.
  func estimate(for requests: [ContextRequest]) async throws -> CostEstimate
}

/// What requests will cost.
public struct CostEstimate: Sendable {
  /// Tokens that will be read, over all requests.
  public var promptTokens: Int
  /// The most tokens that may be generated, over all requests.
  public var maxNewTokens: Int
  /// How long it will take, where that can be said.
  public var seconds: Double?
  /// The whole text that the model would read for the first request.
  public var example: String?
  /// Whether ``promptTokens`` is guessed from the length of the text.
  public var isGuess = false
  /// What it costs at most, in the currency of the prices that the options give.
  public var cost: Double?

  /// An estimate.
  public init(promptTokens: Int, maxNewTokens: Int, seconds: Double? = nil, example: String? = nil) {
    self.promptTokens = promptTokens
    self.maxNewTokens = maxNewTokens
    self.seconds = seconds
    self.example = example
  }
}
