/// A tag taken apart at its first `-`: `I-creative-work` is inside a `creative-work`.
struct Tag: Hashable, Sendable {
  /// Where in an entity a word stands. `foreign` is any other prefix.
  enum Place: Sendable {
    case outside, begin, inside, end, single, foreign
  }

  let place: Place
  /// Empty for `O` and for tags without `-`.
  let type: Substring

  /// BILOU's U and L are read as BIOES's S and E.
  init(_ text: String) {
    let bytes = text.utf8
    let hyphen = bytes.firstIndex(of: 0x2D)
    type = hyphen.map { text[bytes.index(after: $0)...] } ?? ""
    let prefix = bytes[..<(hyphen ?? bytes.endIndex)]
    guard let letter = prefix.first, prefix.dropFirst().isEmpty else {
      place = .foreign
      return
    }
    place =
      switch letter {
      case UInt8(ascii: "O"), UInt8(ascii: "."): .outside
      case UInt8(ascii: "B"): .begin
      case UInt8(ascii: "I"): .inside
      case UInt8(ascii: "E"), UInt8(ascii: "L"): .end
      case UInt8(ascii: "S"), UInt8(ascii: "U"): .single
      default: .foreign
      }
  }

  private init(place: Place, type: Substring) {
    self.place = place
    self.type = type
  }

  /// `O`
  static let outside = Tag(place: .outside, type: "")

  /// Whether it is `O` or a known letter with a type: what data may hold. Scoring takes any tag.
  var isWellFormed: Bool {
    switch place {
    case .foreign: false
    case .outside: type.isEmpty
    default: !type.isEmpty
    }
  }
}
