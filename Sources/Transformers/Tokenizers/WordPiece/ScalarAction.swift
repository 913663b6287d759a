/// What the basic tokenizer does with a scalar, packed in 32 bits: kind (3), canonical combining class (8), payload (21).
/// A letter that stays as it is is 0.
struct ScalarAction: RawRepresentable, BitwiseCopyable, Sendable {
  enum Kind: UInt32 {
    /// Part of a word; the payload is the scalar after lower-casing and accent stripping, 0 where that changes nothing.
    case letter
    /// As `letter`, but NFD moves it before marks of a higher combining class.
    case mark
    /// A word of its own; payload as for `letter`.
    case isolated
    /// Ends a word.
    case space
    /// Leaves no trace.
    case removed
    /// Removed, but marks are not reordered across it.
    case removedStarter
    /// Becomes several scalars; the payload is an index of their actions.
    case sequence
    /// A Hangul syllable to decompose.
    case syllable
  }

  let rawValue: UInt32

  @inline(__always)
  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ kind: Kind, _ payload: UInt32 = 0, combiningClass: UInt32 = 0) {
    rawValue = kind.rawValue << 29 | combiningClass << 21 | payload
  }

  // All 8 values of the three bits are kinds.
  @inline(__always)
  var kind: Kind { Kind(rawValue: rawValue >> 29) ?? .removed }
  @inline(__always)
  var combiningClass: UInt32 { kind == .mark ? rawValue >> 21 & 0xFF : 0 }
  @inline(__always)
  var payload: UInt32 { rawValue & 0x1F_FFFF }
}
