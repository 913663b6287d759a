/// A stream of random numbers named by a seed and a path of names and numbers.
///
/// Counter-based: the n-th number is a function of (key, n), so a stream does not depend on what other streams drew, and a
/// resumed run only needs the names. The mixing is SplitMix64's finaliser (Steele, Lea & Flood 2014).
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// Identifies the stream; equal keys give equal numbers.
  public let key: UInt64
  private var counter: UInt64 = 0

  /// The stream `name` of `seed`.
  public init(seed: UInt64, _ name: String) {
    var key = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15)
    for byte in name.utf8 { key = Self.mix(key ^ UInt64(byte) &+ 0x9e37_79b9_7f4a_7c15) }
    self.key = key
  }

  /// The beginning of the stream that has this ``key``.
  public init(key: UInt64) { self.key = key }

  /// The stream for `index` below this one: a sentence's, a step's, a layer's.
  public func stream(_ index: Int) -> RandomStream {
    RandomStream(key: Self.mix(key ^ Self.mix(UInt64(bitPattern: Int64(index)) &+ 0x9e37_79b9_7f4a_7c15)))
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* 0x9e37_79b9_7f4a_7c15)
  }

  /// Uniform in [0, 1), 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Standard normal, by Box and Muller.
  public mutating func normal() -> Double {
    let radius = (-2 * logarithm(1 - uniform())).squareRoot()
    return radius * cosine(2 * .pi * uniform())
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
