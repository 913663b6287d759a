import PluginAPI

/// Prints faults for a person: the code, the place, the line itself with a caret, and what to do.
struct DiagnosticPrinter {
  /// Whether to use a terminal's colours.
  var color = false
  /// Sources that are no files, by the name that marks use; see ``overrideSources(_:)``.
  var virtualSources: [String: String] = [:]

  /// All of `diagnostics` by file and line, those without a place last, and a count.
  func text(_ diagnostics: Diagnostics) -> String {
    let items = Self.ordered(diagnostics.items)
    let files = items.compactMap(\.mark?.file).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let count = items.count == 1 ? "1 fault" : "\(items.count) faults"
    let place = files.isEmpty ? "" : " in " + files.map { TerminalText.visible($0) }.joined(separator: ", ")
    let summary = paint("error", .red) + paint(": \(count)\(place)", .bold)
    return (items.map { text($0) + "\n" } + [summary]).joined(separator: "\n")
  }

  /// A fault in one line, for where there is no room for more.
  static func line(_ item: Diagnostic) -> String {
    let place = item.mark.map { $0.description + ": " } ?? ""
    return TerminalText.visible("\(place)\(item.message) [\(item.code)]" + (item.hint.map { "; " + $0 } ?? ""))
  }

  /// Any error in one line; of several faults the first.
  static func line(of error: any Error) -> String {
    ((error as? Diagnostics)?.items.first ?? error as? Diagnostic).map(line) ?? "\(error)"
  }

  /// One fault.
  func text(_ item: Diagnostic) -> String {
    var lines = [paint("error[\(item.code)]", .red) + paint(": " + TerminalText.visible(item.message), .bold)]
    var gutter = "  "
    var notes = item.notes
    var hint = item.hint
    if let mark = item.mark {
      let number = String(mark.line)
      gutter = String(repeating: " ", count: number.count)
      lines.append(paint(gutter + "-->", .blue) + " " + TerminalText.visible(mark.description))
      if let source = line(mark, of: item) {
        let excerpt = Excerpt(source, mark)
        lines.append(paint(gutter + " |", .blue))
        lines.append(paint(number + " |", .blue) + (excerpt.line.isEmpty ? "" : " " + excerpt.line))
        let advice = hint.map { " " + TerminalText.visible($0) } ?? ""
        lines.append(paint(gutter + " |", .blue) + " " + excerpt.indent + paint(excerpt.caret + advice, .red))
        hint = nil
      }
    }
    if let hint { notes.insert("hint: " + hint, at: 0) }
    if ErrorCode.find(item.code) != nil { notes.append("explain: calm explain \(item.code)") }
    lines += notes.map { paint(gutter + " =", .blue) + " " + TerminalText.visible($0) }
    return lines.joined(separator: "\n")
  }

  /// By file and line; those without a place last.
  static func ordered(_ items: [Diagnostic]) -> [Diagnostic] {
    func key(_ item: Diagnostic) -> (Int, String, Int, Int) {
      item.mark.map { (0, $0.file, $0.line, $0.column) } ?? (1, "", 0, 0)
    }
    return items.sorted { key($0) < key($1) }
  }

  /// The line at fault; nil where it cannot be had any more.
  private func line(_ mark: SourceMark, of item: Diagnostic) -> String? {
    // Data files end lines at a line feed only; YAML counts other breaks as well.
    let breaks: Set<Unicode.Scalar> = item.code.hasPrefix("D") ? ["\n"] : LineBreak.yaml
    if let text = virtualSources[mark.file] { return SourceLines.line(mark.line, of: Array(text.utf8), breaks: breaks) }
    guard !mark.isVirtual, let file = try? MappedFile(path: mark.file) else { return nil }
    return SourceLines.line(mark.line, of: file.bytes, breaks: breaks)
  }

  private enum Style: String {
    case red = "1;31"
    case blue = "1;34"
    case bold = "1"
  }

  private func paint(_ text: String, _ style: Style) -> String {
    color ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// A line as it is shown, and what goes below it.
private struct Excerpt {
  var line: String
  var indent: String
  var caret: String

  /// More characters than this and only the part around the fault is shown.
  private static let widest = 160

  init(_ source: String, _ mark: SourceMark) {
    var scalars = source.unicodeScalars.map { $0 }
    var start = min(max(0, mark.column - 1), scalars.count)
    var end = min(start + mark.length, scalars.count)
    if scalars.count > Excerpt.widest {
      let first = max(0, min(start - 60, scalars.count - Excerpt.widest))
      let last = min(scalars.count, first + Excerpt.widest)
      let dots: [Unicode.Scalar] = ["…"]
      let before = first > 0 ? dots : []
      start += before.count - first
      end = min(end, last) + before.count - first
      scalars = before + scalars[first..<last] + (last < scalars.count ? dots : [])
    }
    let before = Excerpt.shown(scalars[..<start])
    let marked = Excerpt.shown(scalars[start..<end])
    line = before + marked + Excerpt.shown(scalars[end...])
    indent = String(repeating: " ", count: TerminalText.width(before))
    caret = String(repeating: "^", count: max(1, TerminalText.width(marked)))
  }

  private static func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return TerminalText.visible(String(text))
  }
}

/// Finds lines by number.
private enum SourceLines {
  /// Line `number` (from 1) of UTF-8 `bytes`, nil where there are fewer.
  static func line(_ number: Int, of bytes: some Collection<UInt8>, breaks: Set<Unicode.Scalar>) -> String? {
    var line = 1
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    var text = String.UnicodeScalarView()
    var afterReturn = false
    while line <= number {
      let scalar: Unicode.Scalar
      switch decoder.decode(&rest) {
      case .emptyInput: return line == number ? trimmed(text) : nil
      case .error: scalar = "\u{FFFD}"
      case .scalarValue(let value): scalar = value
      }
      defer { afterReturn = scalar == "\r" && breaks.contains("\r") }
      if scalar == "\n" && afterReturn { continue }
      if breaks.contains(scalar) {
        line += 1
      } else if line == number, !(text.isEmpty && number == 1 && scalar == "\u{FEFF}") {
        text.append(scalar)
      }
    }
    return trimmed(text)
  }

  private static func trimmed(_ text: String.UnicodeScalarView) -> String {
    String(text.last == "\r" ? String.UnicodeScalarView(text.dropLast()) : text)
  }
}
