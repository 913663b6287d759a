import CalmNumerics

extension Tensor {
  /// Numbers uniform in ±`bound`.
  public static func random(_ shape: [Int], within bound: Double = 1, _ random: inout RandomStream) -> Tensor {
    let tensor = Tensor(zeros: shape)
    for i in 0..<tensor.count { tensor[i] = Float((2 * random.uniform() - 1) * bound) }
    return tensor
  }

  /// Every element the same.
  public static func filled(_ shape: [Int], _ value: Float) -> Tensor {
    let tensor = Tensor(zeros: shape)
    for i in 0..<tensor.count { tensor[i] = value }
    return tensor
  }

  /// The elements in float64.
  public var doubles: [Double] { values.map(Double.init) }

  /// The bits, which compare equal where NaN does not.
  public var bits: [UInt32] { values.map(\.bitPattern) }

  /// The greatest difference from `twin`, relative to its greatest number or 1; infinite where one is not a number.
  public func error(_ twin: [Double]) -> Double {
    guard count == twin.count else { return .infinity }
    let scale = twin.reduce(1) { max($0, abs($1)) }
    return zip(doubles, twin).reduce(0) { worst, pair in
      let difference = abs(pair.0 - pair.1) / scale
      return difference.isNaN ? .infinity : max(worst, difference)
    }
  }
}
