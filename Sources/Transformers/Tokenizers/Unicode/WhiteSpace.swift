/// Unicode white space in UTF-8.
enum WhiteSpace {
  static let scalars: [ClosedRange<UInt32>] = [
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
    0x205F...0x205F, 0x3000...0x3000,
  ]

  /// Length of the white space scalar at `position`, 0 where there is none.
  @inline(__always)
  static func length(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
    let byte = bytes[position]
    if byte < 0x80 { return byte == 0x20 || 0x09...0x0D ~= byte ? 1 : 0 }
    return mayBegin(byte) ? longLength(bytes, at: position) : 0
  }

  /// Length of the white space scalar that ends at `end`, 0 where there is none.
  static func length(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
    var start = end - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start >= 0 ? length(bytes, at: start) : 0
  }

  /// Whether a scalar beyond ASCII with this lead byte may be white space.
  @inline(__always)
  static func mayBegin(_ lead: UInt8) -> Bool { lead == 0xC2 || 0xE1...0xE3 ~= lead }

  private static func longLength(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
    let (scalar, length) = UTF8Coding.decode(bytes, at: position)
    return scalars.contains { $0.contains(scalar) } ? length : 0
  }
}
