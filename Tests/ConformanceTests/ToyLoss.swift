import PluginAPI

/// A loss small enough to be broken in one place at a time: likelihood, and squared distances to the other view.
final class ToyLoss: Loss {
  enum Fault: String, CaseIterable {
    case noViews, sameViewTwice, partsMissing, notFinite, needsMore, sum, misfit
    case partitionGradient, goldGradient, scoresGradient, marginalsGradient, wordsGradient, gradientMissing, pullsEqualViews

    /// How the law begins that it breaks.
    var law: String {
      switch self {
      case .noViews, .sameViewTwice: "it has views, each once"
      case .partsMissing, .notFinite: "the value is finite and the sum of its parts"
      case .needsMore: "it needs no more of a posterior than it requires"
      case .sum: "the value is a mean over sentences"
      case .misfit: "the gradient's parts fit the output"
      case .partitionGradient: "the gradient of the log-partition agrees"
      case .goldGradient: "the gradient of the gold score agrees"
      case .scoresGradient: "the gradient of the token scores agrees"
      case .marginalsGradient: "the gradient of the marginals agrees"
      case .wordsGradient, .gradientMissing: "the gradient of the word vectors agrees"
      case .pullsEqualViews: "equal views give no cooperative gradient"
      }
    }
  }

  private let fault: Fault?
  let joint: Bool

  init(_ fault: Fault?, joint: Bool = false) {
    self.fault = fault
    self.joint = joint
  }

  var views: [View] {
    switch fault {
    case .noViews: []
    case .sameViewTwice: [.plain, .plain]
    default: [.augmented, .plain]
    }
  }

  var requires: Set<PosteriorPart> {
    fault == .needsMore ? [.tokenScores] : [.logPartition, .goldScore, .tokenScores, .marginals]
  }

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    try value(output, other: earlier.first)
  }

  func evaluateJointly(_ outputs: [ViewOutput]) throws -> [LossValue] {
    // Half of each distance belongs to either view, so both see its whole gradient.
    try outputs.indices.map { try value(outputs[$0], other: outputs[1 - $0], share: 0.5) }
  }

  private func value(_ output: ViewOutput, other: ViewOutput?, share: Double = 1) throws -> LossValue {
    guard let logZ = output.posterior.logPartition, let gold = output.posterior.goldScore else {
      throw PluginError("there is no likelihood")
    }
    func factor(_ fault: Fault) -> Double { self.fault == fault ? 1.1 : 1 }
    let scale = fault == .sum ? 1 : 1 / Double(output.sentences)
    let likelihood = zip(logZ, gold).reduce(0) { $0 + $1.0 - $1.1 } * scale
    let slopes = [Double](repeating: scale, count: output.sentences + (fault == .misfit ? 1 : 0))
    var loss = LossValue(
      value: likelihood, parts: [("likelihood", likelihood)],
      posterior: PosteriorCotangent(
        logPartition: slopes.map { $0 * factor(.partitionGradient) }, goldScore: slopes.map { -$0 * factor(.goldGradient) }))
    if let other {
      func add(_ part: String, _ a: Tensor, _ b: Tensor, _ fault: Fault) -> Tensor {
        let (distance, gradient) = distance(a, b, scale: scale, factor: factor(fault))
        loss.value += share * distance
        loss.parts.append((part, share * distance))
        return gradient
      }
      loss.posterior.tokenScores = add("scores", output.posterior.tokenScores, other.posterior.tokenScores, .scoresGradient)
      loss.posterior.marginals = add("marginals", output.posterior.marginals, other.posterior.marginals, .marginalsGradient)
      let dwords = add("words", output.words.tensor, other.words.tensor, .wordsGradient)
      loss.words = fault == .gradientMissing ? nil : dwords
    }
    if fault == .partsMissing { loss.parts.removeLast() }
    if fault == .notFinite { loss.value = .infinity }
    return loss
  }

  /// scale · Σ (a − b)², plus Σ a where equal views are to be pulled apart.
  private func distance(_ a: Tensor, _ b: Tensor, scale: Double, factor: Double) -> (Double, Tensor) {
    let gradient = Tensor(zeros: a.shape), pull = fault == .pullsEqualViews ? 1.0 : 0
    var value = 0.0
    for i in 0..<a.count {
      let difference = Double(a[i]) - Double(b[i])
      value += scale * (difference * difference + pull * Double(a[i]))
      gradient[i] = Float(factor * scale * (2 * difference + pull))
    }
    return (value, gradient)
  }
}
