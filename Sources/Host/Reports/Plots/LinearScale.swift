/// Where values stand on an axis.
struct LinearScale: Sendable {
  /// The values at both ends, whole steps.
  let low: Double, high: Double
  /// Between two marks.
  let step: Double
  private let from: Double, to: Double

  /// - Parameters:
  ///   - values: what has to fit.
  ///   - count: about how many steps there are.
  ///   - from, to: the places of the ends, in pixels.
  ///   - fits: whether the ends are the values' own instead of whole steps.
  ///   - bounds: what values can be: whiskers and bands are cut there.
  init(
    _ values: some Sequence<Double>, count: Int, from: Double, to: Double, fits: Bool = false,
    bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    // No plot has use for numbers beyond these, whose differences and steps would be none.
    let finite = values.filter(\.isFinite).map { min(max($0, bounds.lowerBound, -1e150), bounds.upperBound, 1e150) }
    var least = finite.min() ?? 0, most = finite.max() ?? 1
    if most - least < 1e-12 * max(1, abs(most)) {
      let margin = max(0.5, abs(most) * 1e-3)
      (least, most) = (max(least - margin, bounds.lowerBound), min(most + margin, bounds.upperBound))
    }
    step = Self.niceStep((most - least) / Double(max(1, count)))
    low = fits ? least : (least / step).rounded(.down) * step
    high = fits ? most : (most / step).rounded(.up) * step
    (self.from, self.to) = (from, to)
  }

  /// The place of a value; one beyond the ends stands at the end.
  func callAsFunction(_ value: Double) -> Double { from + (min(max(value, low), high) - low) / (high - low) * (to - from) }

  /// The marks.
  var ticks: [Double] {
    guard let first = Int(exactly: (low / step - 1e-9).rounded(.up)),
      let last = Int(exactly: (high / step + 1e-9).rounded(.down)), first <= last, last - first <= 1000
    else { return [] }
    return (first...last).map { Double($0) * step }
  }

  /// A mark's text, with as many digits as the step has.
  func text(_ tick: Double) -> String {
    var digits = 0, rest = step
    while digits < 6, abs(rest - rest.rounded()) > 1e-6 * rest {
      rest *= 10
      digits += 1
    }
    return fixed(tick, digits)
  }

  /// The least of 1, 2 and 5 times a power of ten that is not below `rough`.
  static func niceStep(_ rough: Double) -> Double {
    guard rough > 0, rough.isFinite else { return 1 }
    var power = 1.0
    while power > rough { power /= 10 }
    while power * 10 <= rough { power *= 10 }
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * (1 - 1e-9) } ?? 10 * power
  }
}
