/// Corrections of p-values where several comparisons are made at once.
enum ManyComparisons {
  /// Holm's (1979): what each p-value would have to be below for its comparison to hold with all others taken into account. Controls
  /// the probability of any false claim.
  static func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var adjusted = pValues, greatest = 0.0
    for (place, i) in order.enumerated() {
      greatest = max(greatest, min(1, pValues[i] * Double(pValues.count - place)))
      adjusted[i] = greatest
    }
    return adjusted
  }

  /// Benjamini and Hochberg's (1995). Controls the expected share of false claims among all claims.
  static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var adjusted = pValues, least = 1.0
    for (place, i) in order.enumerated().reversed() {
      least = min(least, pValues[i] * Double(pValues.count) / Double(place + 1))
      adjusted[i] = least
    }
    return adjusted
  }
}
