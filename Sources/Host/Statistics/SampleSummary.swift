/// Mean and spread of a few measurements, such as the F1 of several seeds.
struct SampleSummary: Codable, Sendable, Hashable {
  var count: Int
  var mean: Double
  /// The sample standard deviation (n − 1); nil for a single value.
  var std: Double?

  /// Of at least one value.
  init(_ values: [Double]) {
    count = values.count
    mean = values.reduce(0, +) / Double(max(1, values.count))
    guard values.count > 1 else { return }
    let middle = mean
    std = (values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(values.count - 1)).squareRoot()
  }

  /// Half the width of the interval that holds the true mean with this confidence, by Student's t; nil for a single value.
  func halfWidth(confidence: Double = 0.95) -> Double? {
    std.map { $0 / Double(count).squareRoot() * StudentT.quantile(confidence: confidence, freedom: Double(count - 1)) }
  }

  /// In per cent: `45.31 ± 0.52`.
  var percentText: String { percent(mean) + (std.map { " ± " + percent($0) } ?? "") }
}
