import Glibc
import PluginAPI

/// AdamW (Loshchilov & Hutter 2019) over the parameters of all plugins, with a learning rate a group.
final class Optimiser {
  /// One parameter and its moments.
  struct Slot {
    let name: String
    let parameter: Parameter
    let rate: Double
    let m: Tensor, v: Tensor
    /// Of a table: the rows that any step has touched. The others' moments are zero.
    let seen: RowSet?

    init(_ name: String, _ parameter: Parameter, rate: Double) {
      let shape = parameter.value.shape, sparse = parameter.touched != nil
      (self.name, self.parameter, self.rate) = (name, parameter, rate)
      (m, v) = (Tensor(zeros: shape, sparse: sparse), Tensor(zeros: shape, sparse: sparse))
      seen = sparse ? RowSet(of: shape[0]) : nil
    }
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
      return Slot(name, parameter, rate: rate)
    }
    // A default's name may be left over from another plugin; any other is a slip, or was one.
    let groups = Set(slots.map(\.parameter.group)), known = groups.union(TrainingSection.defaultRates.keys)
    var named = Set(section.learningRates.keys)
    if case .each(let decays) = section.weightDecay { named.formUnion(decays.keys) }
    for name in named.sorted() where !known.contains(name) {
      Console.shared.alarm(
        "warning: `training` names the group `\(name)`, but parameters are in \(groups.sorted().joined(separator: ", "))"
      )
    }
  }

  /// Sets every gradient to zero.
  func clearGradients() { for slot in slots { slot.parameter.clearGradient() } }

  /// After the moments were read from a checkpoint: a row was seen if it has any. (One that was seen with a gradient of zero
  /// has none, and does not differ from one never seen.)
  func findSeenRows() {
    for slot in slots {
      guard let seen = slot.seen else { continue }
      let width = slot.m.shape[1]
      seen.formUnion(
        (0..<Int32(slot.m.shape[0])).filter { row in
          (0..<width).contains { slot.m.data[Int(row) * width + $0] != 0 || slot.v.data[Int(row) * width + $0] != 0 }
        })
    }
  }

  /// The global L2 norm of all gradients.
  var gradientNorm: Double { slots.map(\.parameter.gradientSumOfSquares).reduce(0, +).squareRoot() }

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
      let parameter = slot.parameter
      let rule = AdamWRule(
        gradientScale: Float(scale), rate: Float(slot.rate * factor), beta1: Float(section.beta1),
        beta2: Float(section.beta2), epsilon: Float(section.epsilon), weightDecay: Float(section.weightDecay[parameter.group]),
        step: step)
      if let seen = slot.seen, let touched = parameter.touched {
        seen.formUnion(touched.rows)
        Kernels.adamW(
          table: parameter.value, m: slot.m, v: slot.v, gradient: parameter.gradient, seen: seen, rule)
      } else {
        Kernels.adamW(value: parameter.value, m: slot.m, v: slot.v, gradient: parameter.gradient, rule)
      }
    }
    return norm
  }
}

/// The factor on all learning rates at a step: a rise over the warm-up, then a straight line or half a cosine to zero, or 1.
struct Schedule {
  let steps: Int
  let warmUp: Int
  let shape: String

  init(_ section: TrainingSection, steps: Int) {
    self.steps = steps
    warmUp = Int((section.warmUp * Double(steps)).rounded())
    shape = section.schedule
  }

  /// - Parameter step: from 0.
  func factor(at step: Int) -> Double {
    if step < warmUp { return Double(step) / Double(max(1, warmUp)) }
    let left = max(0, Double(steps - step) / Double(max(1, steps - warmUp)))
    return switch shape {
    case "constant": 1
    case "cosine": (1 - cos(left * .pi)) / 2
    default: left
    }
  }
}
