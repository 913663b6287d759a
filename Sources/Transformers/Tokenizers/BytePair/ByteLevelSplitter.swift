/// GPT-2's split of a text into words, a space before a word belonging to it:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct ByteLevelSplitter: Sendable {
  static let shared = ByteLevelSplitter()

  private typealias Class = CharacterClass

  private let table = CharacterClass.table

  /// Where the word that begins at `start` ends.
  func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    if bytes[start] == UInt8(ascii: "'"), let end = contraction(in: bytes, from: start) { return end }
    let (first, firstEnd) = scalar(bytes, at: start)
    if first != .space { return runEnd(of: first, in: bytes, from: firstEnd) }
    if bytes[start] == 0x20, firstEnd < bytes.count {
      let (second, end) = scalar(bytes, at: firstEnd)
      if second != .space { return runEnd(of: second, in: bytes, from: end) }
    }
    // White space before a word leaves its last scalar to the word, unless there is but one.
    var (end, last) = (firstEnd, start)
    while end < bytes.count {
      let (kind, next) = scalar(bytes, at: end)
      if kind != .space { return last > start ? last : end }
      (last, end) = (end, next)
    }
    return end
  }

  private func contraction(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start + 1 < bytes.count else { return nil }
    let first = bytes[start + 1]
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      let second = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
      return start + 2 < bytes.count && bytes[start + 2] == second ? start + 3 : nil
    default: return nil
    }
  }

  @inline(__always)
  private func runEnd(of kind: Class, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count {
      let (next, end) = scalar(bytes, at: position)
      if next != kind { break }
      position = end
    }
    return position
  }

  @inline(__always)
  private func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (kind: Class, end: Int) {
    table.scalar(bytes, at: position)
  }
}
