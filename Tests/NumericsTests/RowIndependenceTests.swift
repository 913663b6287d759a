import PluginAPI
import TestSupport
import Testing

extension KernelTwins {
  /// A sentence's numbers must not depend on what else is in its batch, nor on the threads.
  @Suite("row independence") struct RowIndependence {
    /// Rows, outputs, inputs: around tiles of 12 rows, panels of 16 and 32 columns, and with several blocks of inputs.
    static let shapes: [(Int, Int, Int)] = [(30, 33, 17), (65, 70, 300), (13, 1100, 1040), (200, 16, 2100)]
    static let drawn = (0..<3).map { _ in (12 + anySize(upTo: 100), anySize(upTo: 300), anySize(upTo: 1200)) }
    static let own: [LinearAlgebra.KernelSet] = [.best, .avx2]

    /// Whether this processor has kernels of our own: OpenBLAS promises nothing of the kind.
    static var hasOwnKernels: Bool { LinearAlgebra.engine().hasPrefix("own") }

    @Test(.enabled(if: hasOwnKernels, "no own kernels on this processor"), arguments: shapes + drawn, Precision.allCases)
    func forward(shape: (Int, Int, Int), precision: Precision) {
      let (rows, out, width) = shape
      var random = RandomStream(seed: 5, "rows \(rows) \(out) \(width)")
      let x = Tensor.random([rows, width], &random), weight = Tensor.random([out, width], &random)
      let bias = Tensor.random([out], &random)
      for kernels in Self.own {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        let packed = PackedMatrix(weight, precision: precision)
        func product(_ range: Range<Int>, packed: PackedMatrix? = nil) -> Tensor {
          let y = Tensor.filled([range.count, out], .nan), x = x.data + range.lowerBound * width
          if let packed {
            Kernels.linear(y.data, x, weight: packed, bias: bias, rows: range.count)
          } else {
            Kernels.linear(y.data, x, weight: weight, bias: bias, rows: range.count, precision: precision)
          }
          return y
        }
        Self.expectIndependent("\(kernels)", rows) { product($0) }
        Self.expectIndependent("\(kernels), packed before", rows) { product($0, packed: packed) }
      }
    }

    @Test(.enabled(if: hasOwnKernels, "no own kernels on this processor"), arguments: shapes + drawn, [Precision.fp32, .bf16])
    func backward(shape: (Int, Int, Int), precision: Precision) {
      let (rows, out, width) = shape
      var random = RandomStream(seed: 6, "rows \(rows) \(out) \(width)")
      let x = Tensor.random([rows, width], &random), weight = Tensor.random([out, width], &random)
      let dy = Tensor.random([rows, out], &random)
      for kernels in Self.own {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        Self.expectIndependent("\(kernels), dx", rows) { range in
          let dx = Tensor.filled([range.count, width], .nan)
          Kernels.linearBackward(
            dx.data, dweight: nil, dbias: nil, dy: dy.data + range.lowerBound * out, x: x.data + range.lowerBound * width,
            weight: weight, rows: range.count, precision: precision)
          return dx
        }
        func gradient() -> [UInt32] {
          let dw = Tensor(zeros: [out, width])
          Kernels.linearBackward(
            nil, dweight: dw, dbias: nil, dy: dy.data, x: x.data, weight: weight, rows: rows, precision: precision)
          return dw.bits
        }
        let one = onThreads(1) { gradient() }
        for threads in [2, 3] {
          let same = onThreads(threads) { gradient() } == one
          #expect(same, "\(kernels), dweight, \(threads) threads")
        }
      }
    }

    /// `product` of all rows has the bits of each row alone and of parts, on any number of threads.
    private static func expectIndependent(_ what: String, _ rows: Int, _ product: (Range<Int>) -> Tensor) {
      let whole = onThreads(1) { product(0..<rows) }
      for threads in [1, 2, 3] {
        onThreads(threads) {
          let all = product(0..<rows).bits == whole.bits
          #expect(all, "\(what): all rows on \(threads) threads")
          for (from, count) in [(0, 1), (rows - 1, 1), (rows / 2, 1), (3, 5), (1, 12)] {
            let part = product(from..<from + count).bits == whole.rows(from..<from + count).bits
            #expect(part, "\(what): rows \(from)..<\(from + count) of \(rows) on \(threads) threads")
          }
        }
      }
    }
  }
}
