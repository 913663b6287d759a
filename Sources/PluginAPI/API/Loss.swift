/// What one view of a batch came to: the loss's input.
public struct ViewOutput: Sendable {
  /// Which view.
  public var view: View
  /// The word vectors that the decoder read (after word dropout), [words, width].
  public var words: WordVectors
  /// What the decoder made of them.
  public var posterior: Posterior
  /// Whether the gold tags of this view are learned from. False for a view that is only drawn to an earlier one: mixed training
  /// reads the plain view of a sentence with context that way.
  public var supervised = true

  /// An output.
  public init(view: View, words: WordVectors, posterior: Posterior) {
    self.view = view
    self.words = words
    self.posterior = posterior
  }

  /// The number of sentences.
  public var sentences: Int { words.sentences }
}

/// A loss of one view and its gradient with respect to that view's output.
public struct LossValue: Sendable {
  /// The contribution to the total, a mean over the batch's sentences.
  public var value: Double
  /// Its summands by name, for the progress line and `metrics.jsonl`, already weighted.
  public var parts: [(name: String, value: Double)]
  /// The gradient with respect to the posterior.
  public var posterior: PosteriorCotangent
  /// The gradient with respect to the word vectors, [words, width]; nil: zero.
  public var words: Tensor?

  /// A value and its gradient.
  public init(
    value: Double, parts: [(name: String, value: Double)], posterior: PosteriorCotangent = PosteriorCotangent(),
    words: Tensor? = nil
  ) {
    self.value = value
    self.parts = parts
    self.posterior = posterior
    self.words = words
  }
}

/// Trains the views together.
///
/// The host encodes the views in the order of ``views``, evaluates each, propagates its gradient back and frees it before it
/// encodes the next. A loss that needs gradients through all views at once says ``joint``.
public protocol Loss: Plugin {
  /// The views of a step, in the order in which they are evaluated.
  var views: [View] { get }
  /// What it needs of the decoder.
  var requires: Set<PosteriorPart> { get }
  /// Whether ``evaluateJointly(_:)`` is called instead of ``evaluate(_:earlier:)``.
  var joint: Bool { get }
  /// The loss of one view. `earlier` holds detached snapshots of the views before it in ``views``; it is empty where a view is
  /// read alone, as the plain examples of mixed training are. Throws where a part is missing that it ``requires``.
  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue
  /// The loss of all views, one value each, in the order of ``views``. Throws as ``evaluate(_:earlier:)`` does.
  func evaluateJointly(_ outputs: [ViewOutput]) throws -> [LossValue]
}

extension Loss {
  /// One view at a time.
  public var joint: Bool { false }
  /// Not joint: throws.
  public func evaluateJointly(_ outputs: [ViewOutput]) throws -> [LossValue] {
    throw PluginError("this loss evaluates one view at a time", hint: "set `joint` and implement evaluateJointly")
  }
}
