internal import CNumerics

/// What this machine can do at most with the threads in use, measured when it is asked for (a tenth of a second each). Kernels
/// are compared with it.
public enum MachineLimits {
  /// Operations a second in a precision, a multiply-add counted as two; nil where the processor has no instruction for it.
  public static func operationsPerSecond(_ precision: Precision) -> Double? {
    let rate = calm_peak_rate(precision.c)
    return rate > 0 ? rate : nil
  }

  /// Bytes a second that are read from a block of `bytes`, which should be far larger than the caches; nil where there is no
  /// memory for it.
  public static func bytesReadPerSecond(from bytes: Int = 256 << 20) -> Double? {
    let rate = calm_read_rate(max(1, bytes))
    return rate > 0 ? rate : nil
  }
}
