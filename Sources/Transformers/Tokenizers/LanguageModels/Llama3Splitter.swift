/// Llama 3's split of a text into words:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
struct Llama3Splitter: Sendable {
  private typealias Class = CharacterClass

  /// The most characters of a number to a word.
  let digits: Int
  /// Whether U+017F is an s: regular expressions without regard to case take it for one, llama.cpp does not.
  let longS: Bool
  private let table = CharacterClass.table

  init(digits: Int, longS: Bool) {
    self.digits = digits
    self.longS = longS
  }

  /// Where the word that begins at `start` ends.
  func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let byte = bytes[start]
    if byte == UInt8(ascii: "'"), let end = contraction(in: bytes, from: start) { return end }
    let (first, firstEnd) = table.scalar(bytes, at: start)
    switch first {
    case .letter: return runEnd(of: .letter, in: bytes, from: firstEnd)
    case .number: return runEnd(of: .number, in: bytes, from: firstEnd, atMost: digits - 1)
    case .other, .space:
      guard firstEnd < bytes.count else { return firstEnd }
      let (second, secondEnd) = table.scalar(bytes, at: firstEnd)
      if second == .letter, !Self.isNewline(byte) { return runEnd(of: .letter, in: bytes, from: secondEnd) }
      if first == .other { return lineEnds(in: bytes, from: runEnd(of: .other, in: bytes, from: firstEnd)) }
      if byte == 0x20, second == .other { return lineEnds(in: bytes, from: runEnd(of: .other, in: bytes, from: secondEnd)) }
      return whiteSpaceEnd(in: bytes, from: start)
    }
  }

  /// White space up to its last line end; else all but its last scalar, which belongs to the word behind it, unless there is but
  /// one or no word.
  private func whiteSpaceEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var (end, last, afterNewline) = (start, start, start)
    while end < bytes.count {
      let (kind, next) = table.scalar(bytes, at: end)
      if kind != .space { break }
      if Self.isNewline(bytes[end]) { afterNewline = next }
      (last, end) = (end, next)
    }
    if afterNewline > start { return afterNewline }
    return end == bytes.count || last == start ? end : last
  }

  @inline(__always)
  private static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  @inline(__always)
  private func lineEnds(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count, Self.isNewline(bytes[position]) { position += 1 }
    return position
  }

  @inline(__always)
  private func runEnd(
    of kind: Class, in bytes: UnsafeBufferPointer<UInt8>, from start: Int, atMost limit: Int = .max
  ) -> Int {
    var (position, count) = (start, 0)
    while position < bytes.count, count < limit {
      let (next, end) = table.scalar(bytes, at: position)
      if next != kind { break }
      position = end
      count += 1
    }
    return position
  }

  private func contraction(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start + 1 < bytes.count else { return nil }
    if longS, start + 2 < bytes.count, bytes[start + 1] == 0xC5, bytes[start + 2] == 0xBF { return start + 3 }
    let first = bytes[start + 1] | 0x20
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      let second = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
      return start + 2 < bytes.count && bytes[start + 2] | 0x20 == second ? start + 3 : nil
    default: return nil
    }
  }
}
