/// Cuts a text at the added tokens that are written in it.
struct AddedTokenSplitter: Sendable {
  enum Part {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Entry: BitwiseCopyable, Sendable {
    let id: Int32
    let stripsLeft: Bool
    let stripsRight: Bool
  }

  private let matcher: SpecialTokenMatcher
  private let entries: FrozenBuffer<Entry>
  let isEmpty: Bool

  /// Each token with the bytes that stand for it.
  init(_ tokens: [(bytes: [UInt8], token: AddedSpecialToken)]) throws(TokenizerError) {
    // The matcher needs distinct strings. Of equal ones, which only normalisation can make, the first is found.
    var seen: Set<[UInt8]> = []
    let distinct = tokens.filter { !$0.bytes.isEmpty && seen.insert($0.bytes).inserted }
    matcher = try SpecialTokenMatcher(distinct.enumerated().map { ($0.element.bytes, Int32($0.offset)) })
    entries = FrozenBuffer(
      distinct.map { Entry(id: $0.token.id, stripsLeft: $0.token.stripsLeft, stripsRight: $0.token.stripsRight) })
    isEmpty = distinct.isEmpty
  }

  /// The parts of `bytes` in order, without empty ones.
  func parts(of bytes: UnsafeBufferPointer<UInt8>) -> Parts { Parts(splitter: self, bytes: bytes) }

  struct Parts {
    private let splitter: AddedTokenSplitter
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    // Where the text begins that was not handed out yet.
    private var start = 0
    private var token: Int32?

    fileprivate init(splitter: AddedTokenSplitter, bytes: UnsafeBufferPointer<UInt8>) {
      self.splitter = splitter
      self.bytes = bytes
      if splitter.isEmpty { position = bytes.count }
    }

    mutating func next() -> Part? {
      if let id = token {
        token = nil
        return .token(id)
      }
      let firstBytes = splitter.matcher.firstBytes.pointer
      while position < bytes.count {
        if firstBytes[Int(bytes[position])] == 1, let match = splitter.matcher.match(in: bytes, at: position) {
          return take(splitter.entries[Int(match.id)], from: position, to: match.end)
        }
        position += 1
      }
      if start >= bytes.count { return nil }
      defer { start = bytes.count }
      return .text(start..<bytes.count)
    }

    private mutating func take(_ entry: Entry, from: Int, to end: Int) -> Part {
      position = end
      var (from, end) = (from, end)
      if entry.stripsLeft {
        while from > start, case let length = WhiteSpace.length(bytes, before: from), length > 0 { from -= length }
      }
      if entry.stripsRight {
        while end < bytes.count, case let length = WhiteSpace.length(bytes, at: end), length > 0 { end += length }
      }
      let text = start..<max(start, from)
      start = end
      if text.isEmpty { return .token(entry.id) }
      token = entry.id
      return .text(text)
    }
  }
}
