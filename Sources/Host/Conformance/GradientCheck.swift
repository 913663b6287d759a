import PluginAPI

/// Compares a gradient with central differences of the function that it belongs to.
///
/// One entry's difference drowns in float32 rounding, so a tensor is moved as a whole: along its gradient, thinned at random,
/// where a wrong factor shows, and in random directions, where a missing part shows. No step is right for every tensor, so several
/// are tried: a right gradient agrees at one of them, a wrong one at none.
struct GradientCheck {
  private var random: RandomStream
  private static let tolerance = 0.02
  private static let randomDirections = 3
  private static let steps = [0.01, 0.03, 0.003, 0.1, 0.001]

  init(seed: UInt64) { random = RandomStream(seed: seed, "laws.directions") }

  /// Where the gradient disagrees, or nil.
  /// - Parameters:
  ///   - tensor: is moved while `value` is asked for, and put back.
  ///   - noise: the rounding error of one `value`; no difference below it is held against a gradient.
  mutating func fault(
    _ name: String, at tensor: Tensor, gradient: Tensor, noise: Double, value: () throws -> Double
  ) throws -> String? {
    guard gradient.shape == tensor.shape else {
      return "the gradient of \(name) has shape \(gradient.shape), not \(tensor.shape)"
    }
    guard gradient.isFinite else { return "the gradient of \(name) is not finite" }
    guard tensor.count > 0 else { return nil }
    let original = tensor.copy()
    defer {
      tensor.data.update(from: original.data, count: tensor.count)
      tensor.changed()
    }
    for attempt in 0...Self.randomDirections {
      let along = attempt == 0 ? alongGradient(gradient) : Tensor.normal(tensor.shape, using: &random)
      guard let direction = along else { continue }
      let fault = try disagreement(along: direction, at: tensor, original, gradient: gradient, noise: noise, value: value)
      if let fault { return "\(name): \(fault)" }
    }
    return nil
  }

  /// The gradient times uniform numbers, the largest entry 1; nil where it is zero.
  private mutating func alongGradient(_ gradient: Tensor) -> Tensor? {
    let direction = Tensor(zeros: gradient.shape)
    for i in 0..<gradient.count { direction.data[i] = gradient.data[i] * Float(random.uniform()) }
    let largest = direction.largestMagnitude
    guard largest > 0 else { return nil }
    for i in 0..<direction.count { direction.data[i] /= largest }
    return direction
  }

  private func disagreement(
    along direction: Tensor, at tensor: Tensor, _ original: Tensor, gradient: Tensor, noise: Double, value: () throws -> Double
  ) throws -> String? {
    let unit = Self.size(of: original)
    var largest = (step: 0.0, gap: Double.infinity)
    var closest = (gap: Double.infinity, text: "")
    for step in Self.steps {
      // What float32 makes of the step, not the step itself, is what the gradient is multiplied with.
      var expected = 0.0, squares = 0.0
      func moved(_ i: Int, _ sign: Double) -> Float {
        Float(Double(original.data[i]) + sign * step * unit * Double(direction.data[i]))
      }
      for i in 0..<tensor.count where original.data[i].isFinite {
        tensor.data[i] = moved(i, 1)
        let term = Double(gradient.data[i]) * (Double(moved(i, 1)) - Double(moved(i, -1)))
        expected += term
        squares += term * term
      }
      let high = try value()
      for i in 0..<tensor.count where original.data[i].isFinite { tensor.data[i] = moved(i, -1) }
      tensor.changed()
      let change = high - (try value())
      let gap = abs(change - expected)
      // A random direction may happen to be level: the terms' size says what is small.
      let scale = max(abs(change), abs(expected), squares.squareRoot())
      if gap <= Self.tolerance * scale { return nil }
      if step > largest.step { largest = (step, gap) }
      if !(gap / scale >= closest.gap) {
        closest = (gap / scale, "moving it changes the value by \(change), but the gradient says \(expected)")
      }
    }
    // Where even the longest step is lost in rounding, gradient and slope are both zero.
    return largest.gap <= 4 * noise ? nil : closest.text
  }

  /// The root mean square of ordinary entries; scores that stand for "never" are none.
  private static func size(of tensor: Tensor) -> Double {
    var squares = 0.0, count = 0.0
    for i in 0..<tensor.count where abs(tensor.data[i]) < 1000 {
      squares += Double(tensor.data[i]) * Double(tensor.data[i])
      count += 1
    }
    return max((squares / max(1, count)).squareRoot(), 0.02)
  }
}
