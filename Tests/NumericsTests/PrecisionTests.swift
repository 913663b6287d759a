import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension KernelTwins {
  /// Products in each precision against operands rounded one by one and summed in float64.
  @Suite("precisions") struct Precisions {
    static let shapes: [(Int, Int, Int)] = [
      (1, 1, 1), (3, 17, 5), (13, 33, 31), (12, 32, 64), (65, 129, 17), (129, 65, 3), (1, 129, 65), (300, 48, 40),
      (250, 70, 1040), (7, 40, 2100),
    ]
    static let drawn = (0..<8).map { _ in (anySize(upTo: 150), anySize(upTo: 150), anySize(upTo: 1200)) }

    /// Round to nearest, ties to even.
    static func bfloat16(_ value: Float) -> Double {
      let bits = value.bitPattern
      return Double(Float(bitPattern: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) & 0xffff_0000))
    }

    /// A row as the precision sees it.
    static func rounded(_ row: [Float], _ precision: Precision) -> [Double] {
      switch precision {
      case .fp32: return row.map(Double.init)
      case .bf16: return row.map(bfloat16)
      case .int8:
        let most = row.map(abs).max() ?? 0
        guard most > 0 else { return row.map { _ in 0 } }
        let inverse = 127 / most, unit = Double(most / 127)
        return row.map { Double(($0 * inverse).rounded(.toNearestOrEven)) * unit }
      }
    }

    static func rows(_ x: Tensor) -> [[Float]] { (0..<x.shape[0]).map { x.rows($0..<$0 + 1).values } }
    static func columns(_ x: Tensor) -> [[Float]] {
      (0..<x.shape[1]).map { c in (0..<x.shape[0]).map { x[$0 * x.shape[1] + c] } }
    }

    /// left[m][k] · right[n][k]
    static func product(_ left: [[Float]], _ right: [[Float]], _ precision: Precision) -> [Double] {
      let left = left.map { rounded($0, precision) }, right = right.map { rounded($0, precision) }
      return left.flatMap { a in right.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
    }

    static func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
    static func slope(_ x: Double) -> Double {
      0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }

    /// The tolerance is float32's for sums of up to 2100 terms. All engines are held to it: our kernels and OpenBLAS.
    @Test(arguments: shapes + drawn, Precision.allCases)
    func linear(shape: (Int, Int, Int), precision: Precision) {
      let (rows, out, width) = shape
      var random = RandomStream(seed: 1, "precision \(rows) \(out) \(width)")
      let x = Tensor.random([rows, width], &random), weight = Tensor.random([out, width], &random)
      let bias = Tensor.random([out], &random)
      let expected = Self.product(Self.rows(x), Self.rows(weight), precision).enumerated().map { $1 + Double(bias[$0 % out]) }
      for kernels in LinearAlgebra.KernelSet.allCases {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        func results() -> [Tensor] {
          let made = (0..<4).map { _ in Tensor.filled([rows, out], .nan) }
          Kernels.linear(made[0].data, x.data, weight: weight, bias: bias, rows: rows, precision: precision, gelu: made[1].data)
          Kernels.linear(
            made[2].data, x.data, weight: PackedMatrix(weight, precision: precision), bias: bias, rows: rows, gelu: made[3].data
          )
          return made
        }
        let made = results()
        expectClose(made[0], expected, 1e-5, "y, \(kernels)")
        expectClose(made[1], expected.map(Self.gelu), 1e-5, "gelu, \(kernels)")
        let same = made[2].bits == made[0].bits && made[3].bits == made[1].bits
        #expect(same, "packed before or on the way, \(kernels)")
        // The last bits of OpenBLAS depend on how it is called.
        for threads in [1, 2, 3] where kernels != .portable {
          let same = onThreads(threads) { results()[0].bits == made[0].bits }
          #expect(same, "\(threads) threads, \(kernels)")
        }
      }
    }

    @Test(arguments: shapes + drawn, [Precision.fp32, .bf16])
    func backward(shape: (Int, Int, Int), precision: Precision) {
      let (rows, out, width) = shape
      var random = RandomStream(seed: 2, "precision \(rows) \(out) \(width)")
      let x = Tensor.random([rows, width], &random), weight = Tensor.random([out, width], &random)
      let dy = Tensor.random([rows, out], &random), pre = Tensor.random([rows, width], within: 3, &random)
      let dweight = Tensor.random([out, width], &random), dbias = Tensor.random([out], &random)
      let dx = zip(Self.product(Self.rows(dy), Self.columns(weight), precision), pre.values).map { $0 * Self.slope(Double($1)) }
      let dw = zip(Self.product(Self.columns(dy), Self.columns(x), precision), dweight.values).map { $0 + Double($1) }
      for kernels in LinearAlgebra.KernelSet.allCases {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        let made = [Tensor.filled([rows, width], .nan), dweight.copy(), dbias.copy()]
        Kernels.linearBackward(
          made[0].data, dweight: made[1], dbias: made[2], dy: dy.data, x: x.data, weight: weight, rows: rows,
          precision: precision, geluOf: pre.data)
        expectClose(made[0], dx, 1e-5, "dx, \(kernels)")
        expectClose(made[1], dw, 1e-5, "dweight, \(kernels)")
      }
    }

    /// However its bits are written, what is not a number is none when it is rounded.
    @Test(arguments: [UInt32(0x7fff_ffff), 0x7f80_0001, 0xffff_8000, 0x7fc0_0000]) func bfloat16KeepsWhatIsNoNumber(
      bits: UInt32
    ) {
      let x = Tensor.filled([3, 5], 1), weight = Tensor.filled([2, 5], 1), y = Tensor(zeros: [3, 2])
      x[7] = Float(bitPattern: bits)
      for kernels in LinearAlgebra.KernelSet.allCases {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        Kernels.linear(y.data, x.data, weight: weight, bias: nil, rows: 3, precision: .bf16)
        #expect(y[2].isNaN && y[3].isNaN && y[0] == 5 && y[4] == 5, "\(kernels)")
        Kernels.linear(y.data, weight.data, weight: x, bias: nil, rows: 2, precision: .bf16)
        #expect(y[1].isNaN && y[4].isNaN && y[0] == 5 && y[2] == 5, "\(kernels)")
      }
    }

    /// Zero rows and columns, and numbers of very different sizes, in the precision that divides by the greatest of a row.
    @Test func int8AtTheEdges() {
      let x = Tensor([0, 0, 0, 1e-30, 2e-30, -3e-30, 1e30, -2e30, 3e30], shape: [3, 3])
      let weight = Tensor([0, 0, 0, 1, -1, 0.5], shape: [2, 3]), y = Tensor(zeros: [3, 2])
      Kernels.linear(y.data, x.data, weight: weight, bias: nil, rows: 3, precision: .int8)
      #expect(y.isFinite && y[0] == 0 && y[1] == 0 && y[2] == 0 && y[4] == 0)
      #expect(abs(y[5] / 4.5e30 - 1) < 0.02)
      // What is no number cannot be an integer: its row says so, and only its row.
      for value in [Float.nan, .infinity] {
        x[4] = value
        Kernels.linear(y.data, x.data, weight: weight, bias: nil, rows: 3, precision: .int8)
        #expect(y[2].isNaN && y[3].isNaN && y[0] == 0 && y[4] == 0 && y[5].isFinite, "\(value)")
      }
    }

    /// Attention in bf16 is that in float32 up to what rounding moves, and the engines agree in float32.
    @Test(arguments: [(2, 32), (3, 64), (2, 25)] + (0..<3).map { _ in (Int.random(in: 1...3), anySize(upTo: 80)) })
    func attention(heads: Int, size: Int) {
      let lengths = [70, 1, 33, 130], h = heads * size
      let offsets = lengths.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + Int32($1)) }, tokens = lengths.reduce(0, +)
      var random = RandomStream(seed: 3, "attention \(heads) \(size)")
      let qkv = Tensor.random([tokens, 3 * h], within: 2, &random), dout = Tensor.random([tokens, h], &random)
      func both(_ precision: Precision) -> [Tensor] {
        let out = Tensor(zeros: [tokens, h]), lse = Tensor(zeros: [tokens, heads]), d = Tensor.filled([tokens, 3 * h], .nan)
        Kernels.attention(
          out.data, lse: lse.data,
          AttentionInput(qkv: qkv.data, offsets: offsets, heads: heads, hidden: h, dropout: 0.1, key: 7),
          precision: precision)
        Kernels.attentionBackward(
          dq: d.data, dk: d.data + h, dv: d.data + 2 * h, dout: dout.data, out: out.data, lse: lse.data,
          AttentionInput(
            qkv: qkv.data, offsets: offsets, heads: heads, hidden: h,
            dropout: 0.1, key: 7), precision: precision)
        return [out, lse, d]
      }
      defer { LinearAlgebra.use(.best) }
      LinearAlgebra.use(.portable)
      let portable = both(.fp32)
      for kernels in [LinearAlgebra.KernelSet.best, .avx2] {
        LinearAlgebra.use(kernels)
        for (own, other) in zip(both(.fp32), portable) { expectClose(own, other.doubles, 1e-5, "\(kernels)") }
        for (own, other) in zip(both(.bf16), portable) { expectClose(own, other.doubles, 2e-2, "\(kernels) bf16") }
      }
    }

    /// The end of half a layer is the dropout, the sum and the norm, one after the other.
    @Test(arguments: [(33, 17), (70, 64)] + (0..<3).map { _ in (anySize(upTo: 200), anySize(upTo: 200)) }, [Float(0), 0.3])
    func residualLayerNorm(shape: (Int, Int), dropout: Float) {
      let (rows, width) = shape
      var random = RandomStream(seed: 4, "residual \(rows) \(width)")
      let branch = Tensor.random([rows, width], &random), residual = Tensor.random([rows, width], &random)
      let weight = Tensor.random([width], &random), bias = Tensor.random([width], &random),
        dy = Tensor.random([rows, width], &random)
      let sum = branch.copy(), y = Tensor(zeros: sum.shape), mean = Tensor(zeros: [rows]), rstd = Tensor(zeros: [rows])
      let y2 = Tensor(zeros: sum.shape), mean2 = Tensor(zeros: [rows]), rstd2 = Tensor(zeros: [rows]), sum2 = branch.copy()
      Kernels.residualLayerNorm(
        y.data, sum: sum.data, mean: mean.data, rstd: rstd.data, residual: residual.data, weight: weight, bias: bias,
        rows: rows, epsilon: 1e-5, dropout: dropout, key: 5)
      Kernels.dropout(sum2.data, count: sum2.count, probability: dropout, key: 5)
      sum2.add(residual)
      Kernels.layerNorm(
        y2.data, mean: mean2.data, rstd: rstd2.data, sum2.data, weight: weight, bias: bias, rows: rows, epsilon: 1e-5)
      #expect(sum.bits == sum2.bits && y.bits == y2.bits)

      let dx = dy.copy(), dbranch = Tensor(zeros: dy.shape), dx2 = dy.copy()
      let dw = Tensor(zeros: [width]), db = Tensor(zeros: [width]), dw2 = Tensor(zeros: [width]), db2 = Tensor(zeros: [width])
      Kernels.residualLayerNormBackward(
        dx.data, dbranch: dbranch.data, dweight: dw, dbias: db, dy: dx.data, sum: sum.data, mean: mean.data, rstd: rstd.data,
        weight: weight, rows: rows, dropout: dropout, key: 5)
      Kernels.layerNormBackward(
        dx2.data, dweight: dw2, dbias: db2, dy: dx2.data, x: sum2.data, mean: mean2.data, rstd: rstd2.data, weight: weight,
        rows: rows)
      let dbranch2 = dx2.copy()
      Kernels.dropout(dbranch2.data, count: dbranch2.count, probability: dropout, key: 5)
      #expect(dx.bits == dx2.bits && dbranch.bits == dbranch2.bits && dw.bits == dw2.bits && db.bits == db2.bits)
    }
  }
}
