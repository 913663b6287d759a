import PluginAPI
import TestSupport
import Testing

/// Kernels against the same mathematics written naively in float64. One test at a time, since the number of threads is the
/// process's.
@Suite("Kernel twins", .serialized)
enum KernelTwins {
  /// Sizes around the widths of vector registers and of the kernels' chunks, and some that nobody chose.
  static let sizes = [1, 3, 17, 33, 65, 129] + anySizes(3, upTo: 300)
}

/// Runs `body` on so many threads.
func onThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
  let before = Threads.count
  Threads.count = count
  defer { Threads.count = before }
  return try body()
}

/// Expects each element within `tolerance` of its twin, relative to the largest twin or 1.
func expectClose(
  _ kernel: Tensor, _ twin: [Double], _ tolerance: Double = 1e-5, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard kernel.count == twin.count else {
    Issue.record("\(what): \(kernel.count) elements, the twin has \(twin.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = twin.reduce(1) { max($0, abs($1)) }
  for (i, expected) in twin.enumerated() where !(abs(Double(kernel[i]) - expected) <= tolerance * scale) {
    Issue.record("\(what): element \(i) is \(kernel[i]), its twin \(expected)", sourceLocation: sourceLocation)
    return
  }
}

/// Expects the same bits from every call.
func expectRepeatable(_ what: String = "", sourceLocation: SourceLocation = #_sourceLocation, _ kernel: () -> [Tensor]) {
  let first = kernel().map(\.bits)
  for _ in 0..<3 where kernel().map(\.bits) != first {
    Issue.record("\(what): two calls differ", sourceLocation: sourceLocation)
    return
  }
}
