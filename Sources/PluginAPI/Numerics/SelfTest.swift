internal import CNumerics

#if canImport(Glibc)
  import Glibc
#endif

func logarithm(_ x: Double) -> Double { log(x) }
func cosine(_ x: Double) -> Double { cos(x) }

/// What multiplies matrices, and whether it computes right.
public enum LinearAlgebra {
  /// What multiplies in a precision: `own kernels (AVX2)` with the instructions that they use, or OpenBLAS with its kernel's
  /// name, `OpenBLAS (SkylakeX)`, on processors without AVX2.
  public static func engine(_ precision: Precision = .fp32) -> String {
    guard let name = calm_kernel_name(precision.c) else { return "OpenBLAS (\(String(cString: calm_blas_kernel())))" }
    return "own kernels (\(String(cString: name)))"
  }

  /// Sets of kernels, for comparison. What the processor lacks is not used: without AVX-512, `best` is `avx2`.
  public enum KernelSet: CaseIterable, Sendable {
    /// All that the processor has.
    case best
    /// Our own kernels for AVX2.
    case avx2
    /// OpenBLAS on rounded operands.
    case portable
  }

  /// Chooses the kernels of the products that this thread asks for, on whatever threads they run.
  public static func use(_ kernels: KernelSet) {
    switch kernels {
    case .best: calm_use_engine(CALM_BEST)
    case .avx2: calm_use_engine(CALM_AVX2)
    case .portable: calm_use_engine(CALM_PORTABLE)
    }
  }

  /// Compares products of odd shapes with float64 arithmetic: both operands as they are and transposed, a linear layer's and
  /// those of its gradients, in every precision. On some processors OpenBLAS picks a kernel that computes wrong; nothing may be
  /// trained or evaluated with it.
  /// - Returns: nil where all agree, else one sentence that names the product.
  public static let selfTest: String? = {
    var random = RandomStream(seed: 1, "gemm-self-test")
    func drawn(_ shape: [Int]) -> Tensor {
      let x = Tensor(zeros: shape)
      for i in 0..<x.count { x[i] = Float(random.uniform() - 0.5) }
      return x
    }
    for (m, n, k) in [(33, 65, 129), (7, 384, 31), (128, 48, 96), (1, 17, 300)] {
      let a = drawn([m, k]), b = drawn([n, k]), c = Tensor(zeros: [m, n]), at = transposed(a), bt = transposed(b)
      for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
        Kernels.gemm(
          transposeA: ta, transposeB: tb, m: m, n: n, k: k, ta ? at.data : a.data, lda: ta ? m : k, tb ? b.data : bt.data,
          ldb: tb ? k : n, into: c.data, ldc: n)
        if let fault = fault(a, b, c, within: 1e-4) { return "\(engine()) computes a wrong product: \(fault)" }
      }
      let dy = drawn([m, n]), dyt = transposed(dy), da = Tensor(zeros: a.shape), db = Tensor(zeros: b.shape)
      for precision in Precision.allCases {
        // Rounded operands: far from what a wrong kernel gives, but close to the product.
        let tolerance = precision == .fp32 ? 1e-4 : 0.1
        Kernels.linear(c.data, a.data, weight: b, bias: nil, rows: m, precision: precision)
        var faults = [fault(a, b, c, within: tolerance)]
        if precision != .int8 {
          db.clear()
          Kernels.linearBackward(
            da.data, dweight: db, dbias: nil, dy: dy.data, x: a.data, weight: b, rows: m, precision: precision)
          faults += [fault(dy, bt, da, within: tolerance), fault(dyt, at, db, within: tolerance)]
        }
        if let fault = faults.compactMap({ $0 }).first {
          return "\(engine(precision)) computes a wrong product in \(precision.rawValue): \(fault)"
        }
      }
    }
    return nil
  }()

  private static func transposed(_ x: Tensor) -> Tensor {
    let rows = x.shape[0], columns = x.shape[1], y = Tensor(zeros: [columns, rows])
    for i in 0..<x.count { y[i % columns * rows + i / columns] = x[i] }
    return y
  }

  /// The first element of c[m, n] = a[m, k] · b[n, k]ᵀ that is wrong.
  private static func fault(_ a: Tensor, _ b: Tensor, _ c: Tensor, within tolerance: Double) -> String? {
    let m = a.shape[0], n = b.shape[0], k = a.shape[1]
    for row in 0..<m {
      for column in 0..<n {
        var sum = 0.0
        for i in 0..<k { sum += Double(a[row * k + i]) * Double(b[column * k + i]) }
        let found = c[row * n + column]
        if !(abs(sum - Double(found)) <= tolerance) {
          return "\(m)x\(k) times \(k)x\(n), element (\(row), \(column)) is \(found) instead of \(Float(sum))"
        }
      }
    }
    return nil
  }
}
