internal import CNumerics

/// The numbers of one AdamW step (Loshchilov & Hutter 2019).
public struct AdamWRule: Sendable {
  /// Multiplies the gradient first: clipping.
  public var gradientScale: Float
  /// Learning rate, decays of the moments, ε and the decoupled weight decay.
  public var rate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float
  /// The step, from 1.
  public var step: Int

  /// A rule.
  public init(
    gradientScale: Float = 1, rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float, weightDecay: Float = 0,
    step: Int
  ) {
    (self.gradientScale, self.rate, self.beta1, self.beta2) = (gradientScale, rate, beta1, beta2)
    (self.epsilon, self.weightDecay, self.step) = (epsilon, weightDecay, step)
  }

  var c: calm_adamw_rule {
    calm_adamw_rule(
      gradient_scale: gradientScale, rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
      step: Int64(step))
  }
}
