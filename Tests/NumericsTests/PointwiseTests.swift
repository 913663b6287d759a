import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension KernelTwins {
  @Suite("pointwise") struct Pointwise {
    /// Also beyond one chunk of 8192.
    static let counts = sizes + [8191, 8192, 8193, 20_001] + anySizes(2, upTo: 40_000)

    static func phi(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
    static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    @Test(arguments: counts, [1, 2])
    func gelu(count: Int, threads: Int) {
      var random = RandomStream(seed: 1, "gelu \(count)")
      let x = Tensor.random([count], within: 6, &random), dy = Tensor.random([count], &random)
      onThreads(threads) {
        func both() -> [Tensor] {
          let y = Tensor(zeros: [count]), dx = dy.copy()
          Kernels.gelu(y.data, x.data, count: count)
          Kernels.geluBackward(dx.data, x: x.data, count: count)
          return [y, dx]
        }
        let results = both()
        expectClose(results[0], x.doubles.map { $0 * Self.cumulative($0) }, 1e-6)
        expectClose(
          results[1],
          (0..<count).map { Double(dy[$0]) * (Self.cumulative(Double(x[$0])) + Double(x[$0]) * Self.phi(Double(x[$0]))) }, 1e-6)
        expectRepeatable { both() }
      }
    }

    /// The vectorised erf and exp, on a grid over all that matters: erf within 4e-7, read off gelu(x) = x/2 (1 + erf(x/√2)).
    @Test func errorFunctionAndExponential() {
      let grid = (-12_000...12_000).map { Float($0) / 1000 }, x = Tensor(grid, shape: [grid.count])
      let y = Tensor(zeros: x.shape), ones = Tensor.filled(x.shape, 1), slope = ones.copy()
      Kernels.gelu(y.data, x.data, count: x.count)
      Kernels.geluBackward(slope.data, x: x.data, count: x.count)
      for i in 0..<x.count {
        let at = Double(x[i])
        // Half of erf's error, times x, and the rounding of the products.
        let gap = abs(Double(y[i]) - at * Self.cumulative(at))
        guard gap <= abs(at) * (2e-7 + 1.2e-7) + 1e-12 else {
          Issue.record("gelu(\(at)) is off by \(gap)")
          return
        }
        let slopeGap = abs(Double(slope[i]) - (Self.cumulative(at) + at * Self.phi(at)))
        guard slopeGap <= 5e-7 else {
          Issue.record("gelu'(\(at)) is off by \(slopeGap)")
          return
        }
      }
    }

    @Test func geluFarOut() {
      let x = Tensor([-1e30, -100, -0.0, 0, 100, 1e30, .infinity, .nan], shape: [8]), y = Tensor(zeros: [8])
      Kernels.gelu(y.data, x.data, count: 8)
      #expect(y.values.prefix(6) == [0, 0, 0, 0, 100, 1e30])
      #expect(y[6] == .infinity && y[7].isNaN)
    }

    @Test(arguments: counts, [1, 2])
    func tanhAndItsSlope(count: Int, threads: Int) {
      var random = RandomStream(seed: 2, "tanh \(count)")
      let x = Tensor.random([count], within: 5, &random), dy = Tensor.random([count], &random)
      onThreads(threads) {
        func both() -> [Tensor] {
          let y = Tensor(zeros: [count]), dx = dy.copy()
          Kernels.tanh(y.data, x.data, count: count)
          Kernels.tanhBackward(dx.data, y: y.data, count: count)
          return [y, dx]
        }
        let results = both()
        expectClose(results[0], x.doubles.map { tanh($0) }, 1e-6)
        expectClose(results[1], (0..<count).map { Double(dy[$0]) * (1 - pow(tanh(Double(x[$0])), 2)) }, 1e-6)
        expectRepeatable { both() }
      }
    }

    @Test(arguments: counts, [1, 2])
    func sums(count: Int, threads: Int) {
      var random = RandomStream(seed: 3, "sums \(count)")
      let x = Tensor.random([count], &random), y = Tensor.random([count], &random)
      onThreads(threads) {
        let sum = y.copy(), scaled = y.copy()
        Kernels.add(sum.data, x.data, count: count)
        scaled.scale(by: -0.75)
        #expect(sum.values == (0..<count).map { y[$0] + x[$0] })
        #expect(scaled.values == y.values.map { $0 * -0.75 })
        let squares = x.doubles.reduce(0) { $0 + $1 * $1 }
        #expect(abs(x.sumOfSquares - squares) <= 1e-12 * max(1, squares))
        #expect(x.sumOfSquares == onThreads(3 - threads) { x.sumOfSquares })
      }
    }
  }
}
