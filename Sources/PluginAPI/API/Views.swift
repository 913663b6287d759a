/// How a sentence is read: alone, or with its context behind it.
@frozen public enum View: String, Sendable, CaseIterable {
  /// Alone.
  case plain
  /// With its context behind it.
  case augmented
}

/// One sentence of a batch as one view shows it.
public struct ViewSentence: Sendable {
  /// The sentence's index in its split; dropout streams are drawn from it.
  public var id: Int
  /// The labelled words. Never cut.
  public var words: [String]
  /// The context's words, which may be cut to fit; empty in the plain view.
  public var context: [String]

  /// A sentence.
  public init(id: Int, words: [String], context: [String] = []) {
    self.id = id
    self.words = words
    self.context = context
  }
}

/// Sentences that are encoded together.
public struct ViewBatch: Sendable {
  /// Which view they show.
  public var view: View
  /// The sentences.
  public var sentences: [ViewSentence]

  /// A batch.
  public init(view: View, sentences: [ViewSentence]) {
    self.view = view
    self.sentences = sentences
  }
}

/// Training or inference, and where in the run: everything that dropout may depend on.
public struct Mode: Sendable {
  /// Whether gradients are wanted and dropout is on.
  public var training: Bool
  /// The run's seed.
  public var seed: UInt64
  /// The optimiser step, from 0.
  public var step: Int
  /// Which micro-batch of the step.
  public var microBatch: Int

  /// Training at a step.
  public static func training(seed: UInt64, step: Int, microBatch: Int = 0) -> Mode {
    Mode(training: true, seed: seed, step: step, microBatch: microBatch)
  }
  /// No gradients, no dropout.
  public static let inference = Mode(training: false, seed: 0, step: 0, microBatch: 0)

  /// The random stream `name` of this place in the run.
  public func stream(_ name: String, view: View) -> RandomStream {
    RandomStream(seed: seed, name).stream(step).stream(microBatch).stream(view == .plain ? 0 : 1)
  }
}

/// One vector a word, sentences one after the other: `tensor` is [words, width].
public struct WordVectors: Sendable {
  /// Sentence s owns rows `offsets[s] ..< offsets[s + 1]`; one more entry than sentences.
  public var offsets: [Int]
  /// The vectors, [words of all sentences, width].
  public var tensor: Tensor

  /// Vectors of sentences with the given offsets.
  public init(offsets: [Int], tensor: Tensor) {
    self.offsets = offsets
    self.tensor = tensor
  }

  /// The number of sentences.
  public var sentences: Int { offsets.count - 1 }
  /// The rows of sentence `s`.
  public func rows(of s: Int) -> Range<Int> { offsets[s]..<offsets[s + 1] }
}

/// What had to be left out of model input so far. Labelled words are never cut; contexts may be.
public struct TruncationLedger: Sendable, Equatable {
  /// Context words that did not fit.
  public var contextWords = 0
  /// How often a sentence's context was cut.
  public var contextsCut = 0
  /// How often a sentence was longer than the model and encoded in overlapping windows.
  public var sentencesWindowed = 0

  /// Nothing cut.
  public init() {}

  /// What was cut after `earlier` was noted.
  public func since(_ earlier: TruncationLedger) -> TruncationLedger {
    var rest = self
    rest.contextWords -= earlier.contextWords
    rest.contextsCut -= earlier.contextsCut
    rest.sentencesWindowed -= earlier.sentencesWindowed
    return rest
  }
}
