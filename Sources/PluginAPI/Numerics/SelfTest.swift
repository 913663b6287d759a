internal import CNumerics

#if canImport(Glibc)
  import Glibc
#endif

func logarithm(_ x: Double) -> Double { log(x) }
func cosine(_ x: Double) -> Double { cos(x) }

/// What the linear algebra library is and whether it computes right.
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

  /// Compares products of odd shapes with float64 arithmetic. On some processors OpenBLAS picks a kernel that computes wrong;
  /// nothing may be trained or evaluated with it.
  /// - Returns: nil where all agree, else one sentence that names the product.
  public static let selfTest: String? = {
    var random = RandomStream(seed: 1, "gemm-self-test")
    for (m, n, k) in [(33, 65, 129), (7, 384, 31), (128, 48, 96), (1, 17, 300)] {
      for transposed in [false, true] {
        let a = (0..<m * k).map { _ in Float(random.uniform() - 0.5) }
        let b = (0..<n * k).map { _ in Float(random.uniform() - 0.5) }
        var c = [Float](repeating: 0, count: m * n)
        Kernels.gemm(
          transposeA: transposed, transposeB: true, m: m, n: n, k: k, a, lda: transposed ? m : k, b, ldb: k, into: &c,
          ldc: n)
        for row in 0..<m {
          for column in 0..<n {
            var sum = 0.0
            for i in 0..<k { sum += Double(transposed ? a[i * m + row] : a[row * k + i]) * Double(b[column * k + i]) }
            if !(abs(sum - Double(c[row * n + column])) <= 1e-4) {
              return """
                \(engine()) computes a wrong product: \(m)x\(k) times \(k)x\(n), element (\(row), \(column)) \
                is \(c[row * n + column]) instead of \(Float(sum))
                """
            }
          }
        }
      }
    }
    return nil
  }()
}
