/// How two measures of the same things go together.
struct Correlation: Codable, Sendable, Hashable {
  /// From −1 to 1.
  var coefficient: Double
  /// How probable a coefficient at least as far from 0 is where the measures have nothing to do with each other; nil for fewer
  /// than three pairs.
  var pValue: Double?
  var count: Int

  /// Pearson's r; the p-value by Student's t with n − 2 degrees of freedom. Nil for fewer than two pairs or a constant measure.
  static func pearson(_ x: [Double], _ y: [Double]) -> Correlation? {
    let n = min(x.count, y.count)
    guard n > 1 else { return nil }
    let meanX = x.prefix(n).reduce(0, +) / Double(n), meanY = y.prefix(n).reduce(0, +) / Double(n)
    var xx = 0.0, yy = 0.0, xy = 0.0
    for i in 0..<n {
      let a = x[i] - meanX, b = y[i] - meanY
      xx += a * a
      yy += b * b
      xy += a * b
    }
    // A constant measure leaves rounding behind, not zero.
    guard xx > 1e-26 * meanX * meanX * Double(n), yy > 1e-26 * meanY * meanY * Double(n), xx > 0, yy > 0 else { return nil }
    let r = max(-1, min(1, xy / (xx * yy).squareRoot()))
    let freedom = Double(n - 2)
    let p = n > 2 ? StudentT.twoSided(r * (freedom / ((1 - r) * (1 + r))).squareRoot(), freedom: freedom) : nil
    return Correlation(coefficient: r, pValue: p, count: n)
  }

  /// Spearman's rho: Pearson's r of the ranks, equal values sharing their mean rank.
  static func spearman(_ x: [Double], _ y: [Double]) -> Correlation? {
    let n = min(x.count, y.count)
    return pearson(ranks(Array(x.prefix(n))), ranks(Array(y.prefix(n))))
  }

  /// Ranks from 1; equal values get the mean of the ranks that they take up.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    return ranks
  }
}
