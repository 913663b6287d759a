#if canImport(Glibc)
  import Glibc
#endif

/// Student's t distribution.
enum StudentT {
  /// The probability of a value at least as far from 0 as `t`, with `freedom` degrees of freedom.
  static func twoSided(_ t: Double, freedom: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? .nan : 0 }
    return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The value that `confidence` of the distribution lies within on both sides of 0, e.g. 2.776 for 0.95 and 4.
  static func quantile(confidence: Double, freedom: Double) -> Double {
    var low = 0.0, high = 1.0
    while twoSided(high, freedom: freedom) > 1 - confidence, high < 1e12 { high *= 2 }
    while high - low > 1e-12 * max(1, high) {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if twoSided(middle, freedom: freedom) > 1 - confidence { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// The regularised incomplete beta function I_x(a, b), by Lentz's method for its continued fraction (DLMF 8.17.22).
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast on this side; the other side follows by symmetry.
  guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
  let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
  let tiny = 1e-300
  func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0, d = 1 / kept(1 - (a + b) * x / (a + 1)), fraction = d
  for m in 1...500 {
    let m = Double(m)
    for numerator in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 / kept(1 + numerator * d)
      c = kept(1 + numerator / c)
      fraction *= c * d
    }
    if abs(c * d - 1) < 1e-15 { break }
  }
  return front * fraction
}
