/// How a Unigram model writes spaces: U+2581 at the beginning of words.
struct Metaspace: Sendable, Equatable {
  static let mark: [UInt8] = [0xE2, 0x96, 0x81]
  static let character = "\u{2581}"

  /// Whether words are marked that no space was before, or whose space was dropped.
  var prepends = true
  /// Whether words end at all white space, of which nothing is left; otherwise at each space, which becomes a mark.
  var dropsWhiteSpace = true

  private enum Class {
    static let inside: UInt8 = 0
    static let space: UInt8 = 1
    /// May begin a mark or white space beyond ASCII.
    static let lead: UInt8 = 2
  }

  private static let classes = FrozenBuffer<UInt8>(
    (0..<256).map { value in
      let byte = UInt8(value)
      if byte == 0x20 || 0x09...0x0D ~= byte { return Class.space }
      return WhiteSpace.mayBegin(byte) || byte == mark[0] ? Class.lead : Class.inside
    })

  /// Calls `body` with each marked piece of `text`. A mark that is written in the text begins a piece, as well.
  ///
  /// `piece`: memory for a piece, of `text.count` bytes and a mark.
  @inline(__always)
  func forEachPiece(
    in text: UnsafeBufferPointer<UInt8>, piece: UnsafeMutableBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    let classes = Self.classes.pointer
    var count = 0
    var isStart = true  // of a word; nothing of it is in the piece yet
    func flush() {
      if count > 0 { body(UnsafeBufferPointer(rebasing: piece[..<count])) }
      count = 0
    }
    func mark() {
      for byte in Self.mark {
        piece[count] = byte
        count += 1
      }
    }
    var position = 0
    while position < text.count {
      let byte = text[position]
      let kind = classes[Int(byte)]
      if kind != Class.inside {
        if dropsWhiteSpace, case let length = WhiteSpace.length(text, at: position), length > 0 {
          flush()
          isStart = true
          position += length
          continue
        }
        let isMark = byte == Self.mark[0] && text[position + 1] == Self.mark[1] && text[position + 2] == Self.mark[2]
        if isMark || (byte == 0x20 && !dropsWhiteSpace) {
          flush()
          mark()
          isStart = false
          position += isMark ? Self.mark.count : 1
          continue
        }
      }
      if isStart {
        if prepends { mark() }
        isStart = false
      }
      piece[count] = byte
      count += 1
      position += 1
    }
    flush()
  }

  /// Text of pieces: marks become spaces, except in the first piece.
  func text<Pieces: Sequence>(of pieces: Pieces) -> String where Pieces.Element == ArraySlice<UInt8> {
    var text: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
      var position = piece.startIndex
      while position < piece.endIndex {
        if piece[position...].starts(with: Self.mark) {
          if index > 0 || !prepends { text.append(0x20) }
          position += Self.mark.count
        } else {
          text.append(piece[position])
          position += 1
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
