/// A text that a language model is to go on from.
public struct GenerationRequest: Sendable {
  /// Its place in the array of requests; answers name it.
  public var index: Int
  /// The text. Special tokens written in it are special, unless ``isChat``.
  public var prompt: String
  /// Whether the text is what a user says: the model's chat template goes around it, and nothing in it is special.
  public var isChat: Bool
  /// Its own random stream: the text must not depend on batch, order or threads.
  public var random: RandomStream

  /// A request.
  public init(index: Int, prompt: String, isChat: Bool, random: RandomStream) {
    self.index = index
    self.prompt = prompt
    self.isChat = isChat
    self.random = random
  }
}

/// What a language model wrote.
public struct Generation: Sendable, Equatable {
  /// The request's ``GenerationRequest/index``.
  public var index: Int
  /// The text without special tokens, not stripped.
  public var text: String
  /// The ids, the one that ended the text included.
  public var tokens: [Int]
  /// `stop` or `length`.
  public var finish: String
  /// Tokens that were read before the first was written.
  public var promptTokens: Int

  /// A text.
  public init(index: Int, text: String, tokens: [Int], finish: String, promptTokens: Int) {
    self.index = index
    self.text = text
    self.tokens = tokens
    self.finish = finish
    self.promptTokens = promptTokens
  }
}

/// An augmentor with a language model of its own, shown for `calm generate` and `calm bench generate`.
public protocol TextGenerator: Augmentor {
  /// Answers every request once, as they finish. Ends early when the task is cancelled. Throws for a prompt that
  /// the model cannot read.
  func generate(_ requests: [GenerationRequest]) async throws -> AsyncThrowingStream<Generation, any Error>
  /// Tokens a second of reading a prompt of `promptTokens` and of writing `newTokens` for each of `streams` sequences that share
  /// it, stop tokens ignored. The ids are arbitrary. Throws for more tokens than the model reads.
  func measure(promptTokens: Int, newTokens: Int, streams: Int) throws -> GenerationSpeed
}

/// How fast a language model reads and writes.
public struct GenerationSpeed: Sendable {
  /// Prompt tokens a second.
  public var prefill: Double
  /// Tokens a second, of all streams together.
  public var decode: Double
  /// Bytes of keys and values when the streams were longest.
  public var cacheBytes: Int
  /// Bytes of weights that are read for each token.
  public var weightBytes: Int

  /// A measurement.
  public init(prefill: Double, decode: Double, cacheBytes: Int, weightBytes: Int) {
    self.prefill = prefill
    self.decode = decode
    self.cacheBytes = cacheBytes
    self.weightBytes = weightBytes
  }
}
