/// Extended grapheme clusters (UAX #29): what a reader takes for one character.
struct GraphemeClusters: Sendable {
  static let shared = GraphemeClusters()

  private enum Class: UInt32 {
    case other, carriageReturn, lineFeed, control, extend, extendOnly, joiner, linker, spacingMark, prepend, consonant,
      pictograph, indicator, leading, vowel, trailing, openSyllable, closedSyllable
  }

  private let pages: FrozenBuffer<UInt16>
  private let entries: FrozenBuffer<UInt32>

  private init() {
    var table = ScalarTable(repeating: Class.other.rawValue)
    func fill(_ ranges: [ClosedRange<UInt32>], _ kind: Class) {
      for range in ranges { table.fill(range, with: kind.rawValue) }
    }
    fill(GraphemeClasses.controls, .control)
    fill(GraphemeClasses.extending, .extend)
    fill(GraphemeClasses.extendingOnly, .extendOnly)
    fill(GraphemeClasses.linkers, .linker)
    fill(GraphemeClasses.spacingMarks, .spacingMark)
    fill(GraphemeClasses.prepended, .prepend)
    fill(GraphemeClasses.consonants, .consonant)
    fill(GraphemeClasses.pictographs, .pictograph)
    fill(GraphemeClasses.leadingJamo, .leading)
    fill(GraphemeClasses.vowelJamo, .vowel)
    fill(GraphemeClasses.trailingJamo, .trailing)
    fill([Hangul.syllables], .closedSyllable)
    for syllable in stride(from: Hangul.syllables.lowerBound, through: Hangul.syllables.upperBound, by: 28) {
      table[syllable] = Class.openSyllable.rawValue
    }
    fill([0x0D...0x0D], .carriageReturn)
    fill([0x0A...0x0A], .lineFeed)
    fill([0x200D...0x200D], .joiner)
    fill([0x1F1E6...0x1F1FF], .indicator)
    pages = FrozenBuffer(table.pages)
    entries = FrozenBuffer(table.entries)
  }

  /// Where the cluster that begins at `start` ends.
  func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var (scalar, length) = UTF8Coding.decode(bytes, at: start)
    var position = start + length
    var previous = kind(scalar)
    // The class that the rules of several scalars began with; it holds as long as nothing ends their run.
    var run = previous
    var hasLinker = false
    var indicators = previous == .indicator ? 1 : 0
    while position < bytes.count {
      (scalar, length) = UTF8Coding.decode(bytes, at: position)
      let next = kind(scalar)
      let joins: Bool
      switch (previous, next) {
      case (.carriageReturn, .lineFeed): joins = true
      case (.carriageReturn, _), (.lineFeed, _), (.control, _), (_, .carriageReturn), (_, .lineFeed), (_, .control):
        joins = false
      case (.leading, .leading), (.leading, .vowel), (.leading, .openSyllable), (.leading, .closedSyllable),
        (.openSyllable, .vowel), (.openSyllable, .trailing), (.vowel, .vowel), (.vowel, .trailing),
        (.closedSyllable, .trailing), (.trailing, .trailing):
        joins = true
      case (_, .extend), (_, .extendOnly), (_, .joiner), (_, .linker), (_, .spacingMark), (.prepend, _): joins = true
      case (_, .consonant): joins = run == .consonant && hasLinker
      case (.joiner, .pictograph): joins = run == .pictograph
      case (.indicator, .indicator): joins = indicators % 2 == 1
      default: joins = false
      }
      if !joins { return position }
      position += length
      indicators = next == .indicator ? indicators + 1 : 0
      switch next {
      // Nothing may stand between the joiner and the second pictograph.
      case _ where run == .pictograph && previous == .joiner: (run, hasLinker) = (next, false)
      case .linker where run == .consonant: hasLinker = true
      case .extend, .joiner, .linker: break
      case .extendOnly where run == .pictograph: break
      default: (run, hasLinker) = (next, false)
      }
      previous = next
    }
    return position
  }

  private func kind(_ scalar: UInt32) -> Class {
    let page = Int(pages[Int(scalar >> ScalarTable.pageBits)])
    let entry = entries[page << Int(ScalarTable.pageBits) | Int(scalar & (1 << ScalarTable.pageBits - 1))]
    return Class(rawValue: entry) ?? .other
  }
}
