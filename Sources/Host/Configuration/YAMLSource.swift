import PluginAPI

/// A text that is known to be UTF-8 without forbidden characters, and where its places are.
struct YAMLSource {
  let file: String
  let text: String
  private let scalars: [Unicode.Scalar]
  private let firstColumn: Int

  /// Checks `bytes`; a byte order mark is dropped. Throws a `Diagnostic`.
  init(_ bytes: some Collection<UInt8>, file: String, firstColumn: Int = 1) throws {
    var bytes = Array(bytes)
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw Diagnostic("C110", "`\(file)` is UTF-16 text; save it as UTF-8")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.file = file
    self.firstColumn = firstColumn
    scalars = try YAMLSource.decode(bytes, file: file, firstColumn: firstColumn)
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The mark of what stands between two positions. Only one line is ever underlined: what spans several is marked in its
  /// first.
  func mark(_ start: YAMLEvent.Position, _ end: YAMLEvent.Position) -> SourceMark {
    mark(start, length: start.line == end.line ? end.index - start.index : restOfLine(start.index))
  }

  /// The mark of `length` characters.
  func mark(_ start: YAMLEvent.Position, length: Int) -> SourceMark {
    SourceMark(
      file: file, line: start.line + 1, column: start.column + (start.line == 0 ? firstColumn : 1), length: max(1, length))
  }

  /// The character at a position, nil behind the end.
  func scalar(at position: YAMLEvent.Position) -> Unicode.Scalar? {
    scalars.indices.contains(position.index) ? scalars[position.index] : nil
  }

  /// Whether a position is behind all that can be shown.
  func isAtEnd(_ position: YAMLEvent.Position) -> Bool {
    scalars.dropFirst(position.index).allSatisfy(\.properties.isWhitespace)
  }

  /// The text from `index` on without white space around it.
  func trimmedText(from index: Int) -> String {
    let rest = scalars.dropFirst(index).drop(while: \.properties.isWhitespace)
    let last = rest.lastIndex { !$0.properties.isWhitespace }
    var text = String.UnicodeScalarView()
    if let last { text.append(contentsOf: rest[...last]) }
    return String(text)
  }

  private func restOfLine(_ index: Int) -> Int {
    let line = scalars.dropFirst(index).prefix { !LineBreak.yaml.contains($0) }
    return (line.lastIndex { !$0.properties.isWhitespace } ?? index) + 1 - index
  }

  private static func decode(_ bytes: [UInt8], file: String, firstColumn: Int) throws -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(bytes.count)
    var place = SourceMark(file: file, line: 1, column: firstColumn)
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    while true {
      switch decoder.decode(&rest) {
      case .emptyInput: return scalars
      case .error:
        throw Diagnostic("C110", "`\(file)` is not UTF-8 text", mark: place, hint: "save the file as UTF-8")
      case .scalarValue(let scalar):
        guard allowed(scalar) else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
          throw Diagnostic(
            "C100", "the character U+\(padded) is not allowed in YAML", mark: place,
            hint: digits.count > 4 ? nil : "within double quotes write `\\u\(padded)`")
        }
        let endsLine = LineBreak.yaml.contains(scalar)
        if endsLine && !(scalar == "\n" && scalars.last == "\r") {
          place.line += 1
          place.column = 1
        } else if !endsLine {
          place.column += 1
        }
        scalars.append(scalar)
      }
    }
  }

  /// The characters that YAML 1.1 lets a text hold.
  private static func allowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0x10000...0x10FFFF: true
    case 0xE000...0xFFFD: scalar.value != 0xFEFF
    default: false
    }
  }
}

/// What ends a line.
enum LineBreak {
  /// In YAML 1.1, whose line numbers count these; a carriage return before a line feed is one break with it.
  static let yaml: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
}
