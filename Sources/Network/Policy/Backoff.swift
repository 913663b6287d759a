/// How long to wait before another try: a random time below a bound that doubles, so that clients that failed together do not come
/// back together.
public struct Backoff: Sendable {
  private let first: Double
  private let longest: Double

  /// Waits by the policy's `backoffSeconds` and `longestWaitSeconds`.
  public init(_ policy: HTTPPolicy) {
    first = policy.backoffSeconds
    longest = policy.longestWaitSeconds
  }

  /// Seconds before retry `number`, from 0; nil where the server asks for a longer wait than the policy grants.
  ///
  /// - Parameters:
  ///   - random: uniform in [0, 1).
  ///   - least: what the server asks for.
  public func wait(_ number: Int, random: Double, least: Double?) -> Double? {
    if let least, least > longest { return nil }
    let bound = min(longest, first * Double(UInt64(1) << UInt64(min(number, 40))))
    // Past the time that the server asks for, the jitter still keeps clients apart.
    return min(longest, (least ?? 0) + random * bound)
  }
}
