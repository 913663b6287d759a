/// Text as a terminal shows it.
enum TerminalText {
  /// `text` without anything that a terminal would act on, or that would hide or reorder what stands there.
  static func visible(_ text: some StringProtocol) -> String {
    var shown = ""
    for scalar in text.unicodeScalars { shown += visible(scalar) }
    return shown
  }

  /// How many columns `text` takes.
  static func width(_ text: String) -> Int {
    // By whole characters: an emoji of several scalars takes the columns of one.
    text.reduce(0) { $0 + ($1.unicodeScalars.map(width).max() ?? 0) }
  }

  /// Whether a character acts on the text around it instead of being seen.
  static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
    // Joiners are part of how emoji and several scripts are written.
    case .format: scalar.value != 0x200C && scalar.value != 0x200D
    default: scalar.properties.isNoncharacterCodePoint
    }
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\t": "    "
    case "\n": "\\n"
    case "\r": "\\r"
    case _ where isHidden(scalar): "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default: String(scalar)
    }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// The blocks of wide characters of East Asian scripts.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1B000...0x1B2FF, 0x20000...0x3FFFD,
  ]
}
