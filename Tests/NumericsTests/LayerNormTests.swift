import PluginAPI
import TestSupport
import Testing

extension KernelTwins {
  @Suite("layer normalisation") struct LayerNorm {
    struct Twin {
      var y: [Double] = [], mean: [Double] = [], rstd: [Double] = [], dx: [Double] = []
      var dweight: [Double], dbias: [Double]

      /// `dweight` and `dbias` hold what the gradients are added to.
      init(x: Tensor, dy: Tensor, weight: Tensor, bias: Tensor, epsilon: Double, dweight: Tensor, dbias: Tensor) {
        self.dweight = dweight.doubles
        self.dbias = dbias.doubles
        let width = weight.count
        for row in 0..<x.shape[0] {
          let x = (0..<width).map { Double(x[row * width + $0]) }, dy = (0..<width).map { Double(dy[row * width + $0]) }
          let mean = x.reduce(0, +) / Double(width)
          let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
          let rstd = 1 / (variance + epsilon).squareRoot()
          let norm = x.map { ($0 - mean) * rstd }, dnorm = (0..<width).map { dy[$0] * Double(weight[$0]) }
          let average = dnorm.reduce(0, +) / Double(width)
          let dot = zip(dnorm, norm).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
          self.mean.append(mean)
          self.rstd.append(rstd)
          for i in 0..<width {
            y.append(norm[i] * Double(weight[i]) + Double(bias[i]))
            dx.append((dnorm[i] - average - norm[i] * dot) * rstd)
            self.dweight[i] += dy[i] * norm[i]
            self.dbias[i] += dy[i]
          }
        }
      }
    }

    @Test(arguments: sizes, [1, 2])
    func forwardAndBackward(width: Int, threads: Int) {
      for rows in [1, 31, 33, 70, anySize(upTo: 100)] {
        var random = RandomStream(seed: 1, "norm \(rows) \(width)")
        let x = Tensor.random([rows, width], within: 3, &random), dy = Tensor.random([rows, width], &random)
        let weight = Tensor.random([width], &random), bias = Tensor.random([width], &random)
        let dweight = Tensor.random([width], &random), dbias = Tensor.random([width], &random)
        let epsilon: Float = 1e-3  // of one number the variance is zero: all is ε then
        let twin = Twin(x: x, dy: dy, weight: weight, bias: bias, epsilon: Double(epsilon), dweight: dweight, dbias: dbias)
        func all() -> [Tensor] {
          let y = Tensor(zeros: x.shape), mean = Tensor(zeros: [rows]), rstd = Tensor(zeros: [rows])
          let dx = dy.copy(), dw = dweight.copy(), db = dbias.copy()
          Kernels.layerNorm(
            y.data, mean: mean.data, rstd: rstd.data, x.data, weight: weight, bias: bias, rows: rows, epsilon: epsilon)
          Kernels.layerNormBackward(
            dx.data, dweight: dw, dbias: db, dy: dx.data, x: x.data, mean: mean.data, rstd: rstd.data, weight: weight,
            rows: rows)
          return [y, mean, rstd, dx, dw, db]
        }
        onThreads(threads) {
          let expected = [twin.y, twin.mean, twin.rstd, twin.dx, twin.dweight, twin.dbias]
          for (i, result) in all().enumerated() { expectClose(result, expected[i], 2e-5, "\(rows) rows, result \(i)") }
          expectRepeatable { all() }
        }
      }
    }

    /// Chunks do not depend on the threads, so neither do the bits.
    @Test func threadsChangeNothing() {
      var random = RandomStream(seed: 2, "norm")
      let rows = 100, width = 200, x = Tensor.random([rows, width], &random), weight = Tensor.random([width], &random)
      func all() -> [[UInt32]] {
        let y = Tensor(zeros: x.shape), mean = Tensor(zeros: [rows]), rstd = Tensor(zeros: [rows])
        let dx = Tensor(zeros: x.shape), dw = Tensor(zeros: [width]), db = Tensor(zeros: [width])
        Kernels.layerNorm(
          y.data, mean: mean.data, rstd: rstd.data, x.data, weight: weight, bias: weight, rows: rows, epsilon: 1e-12)
        Kernels.layerNormBackward(
          dx.data, dweight: dw, dbias: db, dy: y.data, x: x.data, mean: mean.data, rstd: rstd.data, weight: weight, rows: rows)
        return [y, dx, dw, db].map(\.bits)
      }
      #expect(onThreads(1) { all() } == onThreads(2) { all() })
    }

    /// A mean far from zero must not swallow the variance.
    @Test func farFromZero() {
      var random = RandomStream(seed: 3, "norm")
      let x = Tensor.random([2, 65], &random)
      for i in 0..<x.count { x[i] += 1000 }
      let weight = Tensor.filled([65], 1), bias = Tensor(zeros: [65]), zeros = Tensor(zeros: [65])
      let y = Tensor(zeros: x.shape), mean = Tensor(zeros: [2]), rstd = Tensor(zeros: [2])
      Kernels.layerNorm(y.data, mean: mean.data, rstd: rstd.data, x.data, weight: weight, bias: bias, rows: 2, epsilon: 1e-12)
      let twin = Twin(x: x, dy: x, weight: weight, bias: bias, epsilon: 1e-12, dweight: zeros, dbias: zeros)
      expectClose(y, twin.y, 5e-4)
    }
  }
}
