/// What a decoder knows of the tags of a batch.
///
/// `logPartition` and `goldScore` have an entry a sentence; `tokenScores` (α + β − log Z, the log-marginals) and `marginals`
/// are [words, tags]. A decoder without a partition function leaves the first two nil.
public struct Posterior: Sendable {
  /// log Z a sentence.
  public var logPartition: [Double]?
  /// The score of the gold path a sentence; nil where no gold was given.
  public var goldScore: [Double]?
  /// Log-marginals, α + β − log Z: token posteriors are its softmax over tags. Subtracting log Z keeps float32 precise.
  public var tokenScores: Tensor
  /// The probabilities of each tag at each word.
  public var marginals: Tensor

  /// A posterior.
  public init(logPartition: [Double]?, goldScore: [Double]?, tokenScores: Tensor, marginals: Tensor) {
    self.logPartition = logPartition
    self.goldScore = goldScore
    self.tokenScores = tokenScores
    self.marginals = marginals
  }
}

/// The gradient of a scalar with respect to each part of a ``Posterior``; nil parts are zero.
public struct PosteriorCotangent: Sendable {
  /// An entry a sentence.
  public var logPartition: [Double]?
  /// An entry a sentence.
  public var goldScore: [Double]?
  /// [words, tags]
  public var tokenScores: Tensor?
  /// [words, tags]
  public var marginals: Tensor?

  /// A gradient.
  public init(
    logPartition: [Double]? = nil, goldScore: [Double]? = nil, tokenScores: Tensor? = nil, marginals: Tensor? = nil
  ) {
    self.logPartition = logPartition
    self.goldScore = goldScore
    self.tokenScores = tokenScores
    self.marginals = marginals
  }
}

/// The parts of a posterior that a loss may need and a decoder may lack.
public enum PosteriorPart: String, Sendable, Hashable, CaseIterable {
  /// ``Posterior/logPartition``
  case logPartition = "log-partition"
  /// ``Posterior/goldScore``
  case goldScore = "gold score"
  /// ``Posterior/tokenScores``
  case tokenScores = "token scores"
  /// ``Posterior/marginals``
  case marginals
}

/// Turns word vectors into tag sequences. Made for a ``Shape`` of width and tags.
public protocol Decoder: Plugin {
  /// The parts of a posterior it gives. A loss that needs more is refused by name before the run starts.
  var provides: Set<PosteriorPart> { get }
  /// The posterior of each sentence; `gold` holds a tag index a word of each sentence. Throws where it cannot be computed, such
  /// as for vectors of another width.
  /// - Returns: the posterior; the pullback takes its gradient, accumulates the parameters' and gives the word vectors', [words, width].
  func decode(_ words: WordVectors, gold: [[Int]]?, mode: Mode) throws -> Forward<Posterior, PosteriorCotangent, Tensor>
  /// The best tag sequence of each sentence: tag indices. Throws as ``decode(_:gold:mode:)`` does.
  func bestPaths(_ words: WordVectors) throws -> [[Int]]
}

extension Decoder {
  /// All parts.
  public var provides: Set<PosteriorPart> { Set(PosteriorPart.allCases) }
}
