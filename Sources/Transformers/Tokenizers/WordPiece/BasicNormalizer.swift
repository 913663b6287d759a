/// BERT's basic tokenizer as a table: cleaning, spaces around CJK ideographs, accent stripping (NFD without nonspacing
/// marks), lower-casing and the split at punctuation, composed for each scalar once at load.
///
/// Only the reordering of marks depends on neighbours; `WordPieceScanner` does it with the combining classes kept here.
struct BasicNormalizer: Sendable {
  /// Meaning of the entries of `ascii` below "0"; every other entry is the byte of a letter or digit after lower-casing.
  enum ASCII {
    static let other: UInt8 = 0
    static let space: UInt8 = 1
    static let isolated: UInt8 = 2
    static let firstLetter: UInt8 = 0x30
  }

  /// For each byte what the fast path does; `other` leaves it to the tables.
  let ascii: FrozenBuffer<UInt8>
  let pages: FrozenBuffer<UInt16>
  let entries: FrozenBuffer<UInt32>
  /// Sequences of actions, each after its length.
  let sequences: FrozenBuffer<UInt32>
  /// What gets spaces around it.
  let ideographs: [ClosedRange<UInt32>]

  /// `matcher`: bytes that may begin a special token leave the fast path.
  init(_ options: WordPieceOptions, matcher: SpecialTokenMatcher) {
    let builder = BasicNormalizerBuilder(options)
    pages = FrozenBuffer(builder.table.pages)
    entries = FrozenBuffer(builder.table.entries)
    sequences = FrozenBuffer(builder.sequences)
    ideographs = builder.ideographs
    ascii = FrozenBuffer(
      (0..<256).map { byte in
        if byte >= 0x80 || matcher.firstBytes[byte] == 1 { return ASCII.other }
        let action = ScalarAction(rawValue: builder.table[UInt32(byte)])
        switch action.kind {
        case .letter: return action.payload == 0 ? UInt8(byte) : UInt8(action.payload)
        case .isolated: return ASCII.isolated
        case .space: return ASCII.space
        default: return ASCII.other
        }
      })
  }
}
