import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension KernelTwins {
  @Suite("gemm and linear") struct Gemm {
    struct Shape: CustomTestStringConvertible {
      let m: Int, n: Int, k: Int
      var testDescription: String { "\(m)x\(n)x\(k)" }
    }

    static let shapes: [Shape] = [
      (1, 1, 1), (3, 17, 5), (17, 3, 65), (33, 33, 33), (65, 129, 17), (129, 65, 3), (1, 129, 65), (129, 1, 33), (130, 70, 64),
      (300, 48, 40), (40, 300, 48), (257, 65, 31), (24, 130, 600), (700, 13, 530),
    ].map { Shape(m: $0.0, n: $0.1, k: $0.2) }
    static let drawn = (0..<10).map { _ in Shape(m: anySize(upTo: 200), n: anySize(upTo: 200), k: anySize(upTo: 1200)) }

    /// alpha · op(A) · op(B) + beta · C over matrices with padding behind each row.
    static func twin(
      _ s: Shape, ta: Bool, tb: Bool, alpha: Double, _ a: Tensor, _ lda: Int, _ b: Tensor, _ ldb: Int, beta: Double,
      _ c: Tensor, _ ldc: Int
    ) -> [Double] {
      var out = c.doubles
      let a = a.doubles, b = b.doubles
      for row in 0..<s.m {
        for column in 0..<s.n {
          var sum = 0.0
          for i in 0..<s.k { sum += a[ta ? i * lda + row : row * lda + i] * b[tb ? column * ldb + i : i * ldb + column] }
          let old = out[row * ldc + column]
          out[row * ldc + column] = alpha * sum + (beta == 0 ? 0 : beta * old)
        }
      }
      return out
    }

    @Test(arguments: shapes + drawn, [1, 2])
    func products(shape s: Shape, threads: Int) {
      var random = RandomStream(seed: 1, "gemm \(s.m) \(s.n) \(s.k)")
      for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
        for (padding, alpha, beta) in [(0, 1.0, 0.0), (5, 0.5, 1.0), (3, -2, 0.25)] {
          let lda = (ta ? s.m : s.k) + padding, ldb = (tb ? s.k : s.n) + 2 * padding, ldc = s.n + padding
          let a = Tensor.random([ta ? s.k : s.m, lda], &random), b = Tensor.random([tb ? s.n : s.k, ldb], &random)
          let c = Tensor.random([s.m, ldc], &random)
          let expected = Self.twin(s, ta: ta, tb: tb, alpha: alpha, a, lda, b, ldb, beta: beta, c, ldc)
          func product() -> Tensor {
            let out = c.copy()
            Kernels.gemm(
              transposeA: ta, transposeB: tb, m: s.m, n: s.n, k: s.k, alpha: Float(alpha), a.data, lda: lda, b.data, ldb: ldb,
              beta: Float(beta), into: out.data, ldc: ldc)
            return out
          }
          onThreads(threads) {
            expectClose(product(), expected, 1e-5, "transposed \(ta) \(tb), padding \(padding)")
            expectRepeatable { [product()] }
          }
        }
      }
    }

    /// With beta 0 the old content is not read; with k 0 there is nothing to add; without rows there is nothing to do.
    @Test func degenerateProducts() {
      let a = Tensor.filled([4, 4], 1), b = Tensor.filled([4, 4], 1), c = Tensor.filled([4, 4], .nan)
      Kernels.gemm(m: 4, n: 4, k: 4, a.data, lda: 4, b.data, ldb: 4, into: c.data, ldc: 4)
      #expect(c.values.allSatisfy { $0 == 4 })
      Kernels.gemm(m: 4, n: 4, k: 0, a.data, lda: 4, b.data, ldb: 4, beta: 0.5, into: c.data, ldc: 4)
      #expect(c.values.allSatisfy { $0 == 2 })
      Kernels.gemm(m: 0, n: 4, k: 4, a.data, lda: 4, b.data, ldb: 4, into: c.data, ldc: 4)
      Kernels.gemm(m: 4, n: 0, k: 4, a.data, lda: 4, b.data, ldb: 4, into: c.data, ldc: 4)
      #expect(c.values.allSatisfy { $0 == 2 })
    }

    /// A linear layer of no inputs is its bias; a weight without rows can be packed.
    @Test func degenerateLinears() {
      let bias = Tensor([1, 2], shape: [2]), empty = Tensor(zeros: [2, 0]), y = Tensor.filled([3, 2], .nan)
      for kernels in LinearAlgebra.KernelSet.allCases {
        LinearAlgebra.use(kernels)
        defer { LinearAlgebra.use(.best) }
        for precision in Precision.allCases {
          Kernels.linear(y.data, empty.data, weight: empty, bias: bias, rows: 3, precision: precision)
          #expect(y.values == [1, 2, 1, 2, 1, 2], "\(kernels) \(precision)")
          Kernels.linear(y.data, empty.data, weight: PackedMatrix(empty, precision: precision), bias: nil, rows: 3)
          #expect(y.values.allSatisfy { $0 == 0 }, "\(kernels) \(precision)")
          Kernels.linear(
            y.data, empty.data, weight: PackedMatrix(Tensor(zeros: [0, 2]), precision: precision), bias: nil, rows: 3)
        }
      }
    }

    /// Narrow products read where the matrix stands: not beyond its end, wherever the blocks of k end.
    @Test(arguments: [513, 1025, 15_873, 16_385], [1, 2, 13]) func nothingBehindAMatrixIsRead(k: Int, n: Int) throws {
      let page = sysconf(Int32(_SC_PAGESIZE)), bytes = k * n * 4, size = (bytes + page - 1) / page * page + page
      let memory = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
      try #require(memory != MAP_FAILED && mprotect(memory + (size - page), page, PROT_NONE) == 0)
      defer { munmap(memory, size) }
      let b = (memory + (size - page - bytes)).assumingMemoryBound(to: Float.self)
      for i in 0..<k * n { b[i] = Float(i % 7) - 3 }
      for m in [3, 30] {
        let a = Tensor.filled([m, k], 1), c = Tensor.filled([m, n], .nan)
        Kernels.gemm(m: m, n: n, k: k, a.data, lda: k, b, ldb: n, into: c.data, ldc: n)
        let sums = (0..<n).map { column in (0..<k).reduce(Float(0)) { $0 + b[$1 * n + column] } }
        #expect(c.values == (0..<m).flatMap { _ in sums })
      }
    }

    static let layers = [(1, 1, 1), (3, 33, 17), (65, 3, 33), (129, 130, 65), (0, 4, 5)].map {
      Shape(m: $0.0, n: $0.1, k: $0.2)
    }

    @Test(arguments: layers + drawn, [1, 2])
    func linear(shape: Shape, threads: Int) {
      let (rows, width, out) = (shape.m, shape.k, shape.n)
      var random = RandomStream(seed: 2, "linear \(rows) \(width) \(out)")
      let x = Tensor.random([rows, width], &random), weight = Tensor.random([out, width], &random)
      let bias = Tensor.random([out], &random), dy = Tensor.random([rows, out], &random)
      var y = [Double](repeating: 0, count: rows * out), dx = [Double](repeating: 0, count: rows * width)
      let dweight = Tensor.random([out, width], &random), dbias = Tensor.random([out], &random)
      var dw = dweight.doubles, db = dbias.doubles  // parameters' gradients are added to
      for row in 0..<rows {
        for j in 0..<out {
          let d = Double(dy[row * out + j])
          db[j] += d
          for i in 0..<width {
            y[row * out + j] += Double(x[row * width + i]) * Double(weight[j * width + i])
            dw[j * width + i] += d * Double(x[row * width + i])
            dx[row * width + i] += d * Double(weight[j * width + i])
          }
        }
      }
      let biased = y.indices.map { y[$0] + Double(bias[$0 % out]) }
      onThreads(threads) {
        func forward(_ bias: Tensor?) -> Tensor {
          let result = Tensor.filled([rows, out], .nan)
          Kernels.linear(result.data, x.data, weight: weight, bias: bias, rows: rows)
          return result
        }
        func backward() -> [Tensor] {
          let result = [Tensor.filled([rows, width], .nan), dweight.copy(), dbias.copy()]
          Kernels.linearBackward(
            result[0].data, dweight: result[1], dbias: result[2], dy: dy.data, x: x.data, weight: weight, rows: rows)
          return result
        }
        expectClose(forward(nil), y)
        expectClose(forward(bias), biased)
        let gradients = backward()
        expectClose(gradients[0], dx, 1e-5, "dx")
        expectClose(gradients[1], dw, 1e-5, "dweight")
        expectClose(gradients[2], db, 1e-5, "dbias")
        Kernels.linearBackward(nil, dweight: nil, dbias: nil, dy: dy.data, x: x.data, weight: weight, rows: rows)
        expectRepeatable { [forward(bias)] + backward() }
      }
    }

    @Test func theLibraryComputesRight() {
      #expect(LinearAlgebra.selfTest == nil)
      #expect(!LinearAlgebra.engine().isEmpty)
    }

    /// Elsewhere the tests of all kernel sets test AVX2's twice and AVX-512's never: the skip says so.
    @Test(.enabled(if: LinearAlgebra.engine().contains("AVX-512"), "no AVX-512 here: its kernels are not tested"))
    func theWidestKernelsAreAmongThoseTested() {
      LinearAlgebra.use(.avx2)
      defer { LinearAlgebra.use(.best) }
      #expect(LinearAlgebra.engine().contains("AVX2"))
    }
  }
}
