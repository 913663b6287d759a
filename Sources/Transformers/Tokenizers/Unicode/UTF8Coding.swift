/// UTF-8 of single scalars for the inner loops; input is valid because it comes from a `String`.
enum UTF8Coding {
  @inline(__always)
  static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(bytes[start])
    if lead < 0x80 { return (lead, 1) }
    let second = UInt32(bytes[start + 1]) & 0x3F
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | second, 2) }
    let third = UInt32(bytes[start + 2]) & 0x3F
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | second << 6 | third, 3) }
    return ((lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(bytes[start + 3]) & 0x3F, 4)
  }

  /// Length of the scalar that begins with this byte.
  @inline(__always)
  static func length(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

  /// Writes the scalar at `start` and returns its length; there must be room for 4 bytes.
  @inline(__always)
  static func encode(_ scalar: UInt32, to bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
    func trail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | scalar >> shift & 0x3F) }
    if scalar < 0x80 {
      bytes[start] = UInt8(truncatingIfNeeded: scalar)
      return 1
    }
    if scalar < 0x800 {
      bytes[start] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
      bytes[start + 1] = trail(0)
      return 2
    }
    if scalar < 0x10000 {
      bytes[start] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
      bytes[start + 1] = trail(6)
      bytes[start + 2] = trail(0)
      return 3
    }
    bytes[start] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
    bytes[start + 1] = trail(12)
    bytes[start + 2] = trail(6)
    bytes[start + 3] = trail(0)
    return 4
  }

  /// Whether `bytes` are well-formed UTF-8.
  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var position = 0
    while position < bytes.count {
      let lead = bytes[position]
      if lead < 0x80 {
        position += 1
        continue
      }
      // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
      let (length, second): (Int, ClosedRange<UInt8>)
      switch lead {
      case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
      default: return false
      }
      guard bytes.count - position >= length, second ~= bytes[position + 1] else { return false }
      for trail in 2..<max(2, length) where bytes[position + trail] & 0xC0 != 0x80 { return false }
      position += length
    }
    return true
  }

  /// Calls `body` with the UTF-8 bytes of `text`, without a copy where the string is stored that way.
  @inline(__always)
  static func withBytes(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    if text.utf8.withContiguousStorageIfAvailable(body) == nil {
      Array(text.utf8).withUnsafeBufferPointer(body)
    }
  }

  /// The text of bytes, of which each that is no part of a well-formed scalar becomes U+FFFD.
  static func repaired(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var repaired: [UInt8] = []
    bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        let end = position + length(bytes[position])
        if end <= bytes.count, isValid(UnsafeBufferPointer(rebasing: bytes[position..<end])) {
          repaired += bytes[position..<end]
          position = end
        } else {
          repaired += [0xEF, 0xBF, 0xBD]
          position += 1
        }
      }
    }
    return String(decoding: repaired, as: UTF8.self)
  }
}
