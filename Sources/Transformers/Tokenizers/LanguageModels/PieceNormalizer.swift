/// SentencePiece's way to write a text's spaces (U+2581), with a space in front of it.
struct PieceNormalizer: Sendable {
  /// Which stretches between special tokens get a space in front.
  enum Prefix: Sendable {
    case none
    /// Every one, as SentencePiece and llama.cpp do, since each is encoded by itself.
    case everyStretch
    /// Every one that has something in it, unless it begins with a space (`prepend_scheme: always`).
    case everyUnspaced
    /// The one that begins the text, unless it begins with a space (`prepend_scheme: first`).
    case firstUnspaced
  }

  var prefix = Prefix.everyStretch
  /// Drops spaces at the ends and of several in the middle all but one.
  var removesExtraSpaces = false

  /// Appends the normalised stretch.
  func apply(_ stretch: UnsafeBufferPointer<UInt8>, isFirst: Bool, to output: inout GrowableBuffer<UInt8>) {
    var position = 0
    if removesExtraSpaces { while position < stretch.count, stretch[position] == 0x20 { position += 1 } }
    if position == stretch.count { return }
    output.reserve((stretch.count + 1) * Metaspace.mark.count)
    func mark() { for byte in Metaspace.mark { output.append(byte) } }
    if addsPrefix(stretch, isFirst: isFirst) { mark() }
    var afterSpace = removesExtraSpaces
    while position < stretch.count {
      let byte = stretch[position]
      if byte != 0x20 {
        output.append(byte)
      } else if !afterSpace {
        mark()
      }
      afterSpace = removesExtraSpaces && byte == 0x20
      position += 1
    }
    if removesExtraSpaces {
      while output.count >= Metaspace.mark.count, output.elements.suffix(Metaspace.mark.count).elementsEqual(Metaspace.mark) {
        output.count -= Metaspace.mark.count
      }
    }
  }

  private func addsPrefix(_ stretch: UnsafeBufferPointer<UInt8>, isFirst: Bool) -> Bool {
    let isSpaced = stretch.first == 0x20 || stretch.starts(with: Metaspace.mark)
    switch prefix {
    case .none: return false
    case .everyStretch: return true
    case .everyUnspaced: return !isSpaced
    case .firstUnspaced: return isFirst && !isSpaced
    }
  }
}
