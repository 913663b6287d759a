import PluginAPI

/// AdamW (Loshchilov & Hutter 2019) over the parameters of all plugins, with a learning rate a group.
final class Optimiser {
  /// One parameter and its moments.
  struct Slot {
    let name: String
    let parameter: Parameter
    let rate: Double
    let m: Tensor, v: Tensor
  }

  let slots: [Slot]
  private let section: TrainingSection
  /// Steps taken so far.
  var step = 0

  /// - Parameter parameters: names are prefixed by the plugin's role, e.g. `encoder.embeddings…`.
  init(_ parameters: [(name: String, parameter: Parameter)], section: TrainingSection) throws {
    self.section = section
    slots = try parameters.map { name, parameter in
      guard let rate = section.rate(parameter.group) else {
        throw Diagnostic(
          "C103", "parameter `\(name)` is in the group `\(parameter.group)`, which has no learning rate",
          hint: "add `\(parameter.group): …` under training.learningRates")
      }
      return Slot(
        name: name, parameter: parameter, rate: rate, m: Tensor(zeros: parameter.value.shape),
        v: Tensor(zeros: parameter.value.shape))
    }
  }

  /// Sets every gradient to zero.
  func clearGradients() { for slot in slots { slot.parameter.gradient.clear() } }

  /// The global L2 norm of all gradients.
  var gradientNorm: Double { slots.map(\.parameter.gradient.sumOfSquares).reduce(0, +).squareRoot() }

  /// Clips, steps and counts. `factor` is the schedule's at this step.
  /// - Returns: the gradient norm before clipping.
  /// Throws before anything is changed where the gradient is not finite.
  func advance(factor: Double) throws -> Double {
    let norm = gradientNorm
    guard norm.isFinite else {
      throw Diagnostic("T701", "the gradient of step \(step + 1) is not finite", hint: "lower the learning rates")
    }
    let scale = section.clip > 0 && norm > section.clip ? section.clip / (norm + 1e-6) : 1
    step += 1
    for slot in slots {
      Kernels.adamW(
        value: slot.parameter.value, m: slot.m, v: slot.v, gradient: slot.parameter.gradient,
        gradientScale: Float(scale), rate: Float(slot.rate * factor), beta1: Float(section.beta1),
        beta2: Float(section.beta2), epsilon: Float(section.epsilon), weightDecay: Float(section.weightDecay), step: step)
    }
    return norm
  }
}

/// The factor on all learning rates at a step: a rise over the warm-up, then a straight line to zero (or 1 where constant).
struct Schedule {
  let steps: Int
  let warmUp: Int
  let constant: Bool

  init(_ section: TrainingSection, steps: Int) {
    self.steps = steps
    warmUp = Int((section.warmUp * Double(steps)).rounded())
    constant = section.schedule == "constant"
  }

  /// - Parameter step: from 0.
  func factor(at step: Int) -> Double {
    if step < warmUp { return Double(step) / Double(max(1, warmUp)) }
    if constant { return 1 }
    return max(0, Double(steps - step) / Double(max(1, steps - warmUp)))
  }
}
