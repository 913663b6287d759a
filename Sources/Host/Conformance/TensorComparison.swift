import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

extension Tensor {
  /// Normal numbers.
  static func normal(_ shape: [Int], scale: Double = 1, using random: inout RandomStream) -> Tensor {
    let tensor = Tensor(zeros: shape)
    for i in 0..<tensor.count { tensor.data[i] = Float(random.normal() * scale) }
    return tensor
  }

  /// Whether shape and every bit are those of `other`.
  func isIdentical(to other: Tensor) -> Bool {
    shape == other.shape && memcmp(data, other.data, count * MemoryLayout<Float>.stride) == 0
  }

  /// The largest absolute difference; infinite where the shapes differ or something is not a number.
  func largestDifference(from other: Tensor) -> Float {
    guard shape == other.shape else { return .infinity }
    var worst: Float = 0
    for i in 0..<count {
      let difference = abs(data[i] - other.data[i])
      guard !difference.isNaN else { return .infinity }
      worst = max(worst, difference)
    }
    return worst
  }

  /// The largest absolute value.
  var largestMagnitude: Float {
    var worst: Float = 0
    for i in 0..<count { worst = max(worst, abs(data[i])) }
    return worst
  }

  /// The sum of products with `other`, in float64, and its rounding error if every element came of float32 arithmetic on numbers
  /// around one. What `other` has as zero is left out even where it is infinite here. NaN where the counts differ.
  func product(_ other: Tensor) -> (value: Double, noise: Double) {
    guard other.count == count else { return (.nan, .nan) }
    var sum = 0.0, squares = 0.0
    for i in 0..<count where other.data[i] != 0 {
      let term = Double(data[i]) * Double(other.data[i])
      sum += term
      squares += max(term * term, Double(other.data[i]) * Double(other.data[i]))
    }
    return (sum, squares.squareRoot() * 1e-6)
  }
}
