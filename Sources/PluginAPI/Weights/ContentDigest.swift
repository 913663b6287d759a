import CalmNumerics

extension MappedFile {
  /// 128 bits of the whole content, as hexadecimal digits: tells files apart, at the rate at which memory is read. It is no
  /// protection against somebody who makes two files equal on purpose.
  public var contentDigest: String {
    let chunk = 1 << 20, count = (bytes.count + chunk - 1) / chunk
    var parts = [(UInt64, UInt64)](repeating: (0, 0), count: count)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      Threads.parallel(count) { index in
        let range = index * chunk..<min((index + 1) * chunk, bytes.count)
        parts[index] = Self.mixed(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
    var digest: (UInt64, UInt64) = (UInt64(bytes.count), 0)
    for part in parts { digest = (Self.mix(digest.0 ^ part.0), Self.mix(digest.1 &+ part.1)) }
    return [digest.0, digest.1].map { value in
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Four lanes of multiply and rotate, so that the multiplications of neighbours overlap.
  private static func mixed(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
    var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
    let prime: UInt64 = 0x9E37_79B1_85EB_CA87, whole = bytes.count & ~31
    func round(_ lane: UInt64, _ at: Int) -> UInt64 {
      let mixed = (lane ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* prime
      return mixed << 31 | mixed >> 33
    }
    for at in stride(from: 0, to: whole, by: 32) {
      lanes = (round(lanes.0, at), round(lanes.1, at + 8), round(lanes.2, at + 16), round(lanes.3, at + 24))
    }
    for at in whole..<bytes.count { lanes.0 = mix(lanes.0 ^ UInt64(bytes[at])) }
    return (mix(lanes.0) ^ mix(lanes.1 &+ 1) &* 3, mix(lanes.2) ^ mix(lanes.3 &+ lanes.0) &* 5)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
