/// Canonical ordering of combining marks (Unicode, section 3.11).
enum CanonicalOrder {
  /// Moves `mark`, which stands at `start ..< end` of `text`, behind the last scalar that is a starter or of no higher class.
  /// - Parameters:
  ///   - barrier: marks are not moved before this byte.
  ///   - classOf: the combining class of a scalar.
  static func place(
    _ mark: UInt32, combiningClass: UInt32, at start: Int, to end: Int, of text: UnsafeMutableBufferPointer<UInt8>,
    barrier: Int, classOf: (UInt32) -> UInt32
  ) {
    let bytes = UnsafeBufferPointer(text)
    var place = start
    while place > barrier {
      var previous = place - 1
      while previous > 0, text[previous] & 0xC0 == 0x80 { previous -= 1 }
      if classOf(UTF8Coding.decode(bytes, at: previous).scalar) <= combiningClass { break }
      place = previous
    }
    if place == start { return }
    // The tail before the mark moves up by the mark's length.
    let length = end - start
    for index in stride(from: start - 1, through: place, by: -1) { text[index + length] = text[index] }
    _ = UTF8Coding.encode(mark, to: text, at: place)
  }
}
