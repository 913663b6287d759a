import PluginAPI

/// A configuration as YAML text, which reads back to the same values.
enum ConfigPrinter {
  /// The tree with a comment after each value that names its origin.
  static func print(_ node: ConfigNode) -> String {
    let lines = rendered(node)
    // One very long value must not push all comments out of sight: it keeps its own at its end.
    let column = lines.filter { $0.origin != nil }.map { TerminalText.width($0.text) }.filter { $0 <= 72 }.max() ?? 0
    return lines.map { line in
      guard let origin = line.origin else { return line.text + "\n" }
      let gap = max(0, column - TerminalText.width(line.text))
      return line.text + String(repeating: " ", count: gap) + "  # " + origin + "\n"
    }.joined()
  }

  /// The tree on one line: `{a: 1, b: [c, d]}`.
  static func flow(_ node: ConfigNode) -> String {
    if let items = node.list { return "[" + items.map(flow).joined(separator: ", ") + "]" }
    if let entries = node.map { return "{" + entries.map { "\($0.key.name): \(flow($0.value))" }.joined(separator: ", ") + "}" }
    return node.text ?? ""
  }

  /// A text that is the same for trees of the same values, whatever their origin, the order of their keys and the way their
  /// numbers are written.
  static func fingerprint(_ node: ConfigNode) -> String {
    rendered(canonical(node)).map { $0.text + "\n" }.joined()
  }

  /// Every scalar and list by its dotted path, as ``fingerprint(_:)`` writes it.
  static func values(_ node: ConfigNode) -> [String: String] { values(canonical(node), at: "") }

  private static func values(_ node: ConfigNode, at path: String) -> [String: String] {
    guard let entries = node.map, !entries.isEmpty else { return [path: flow(node)] }
    return entries.reduce(into: [:]) { all, entry in
      all.merge(values(entry.value, at: path.isEmpty ? entry.key.name : "\(path).\(entry.key.name)")) { $1 }
    }
  }

  private static func canonical(_ node: ConfigNode) -> ConfigNode {
    var node = node
    if let entries = node.map {
      let sorted = entries.sorted { $0.key.name < $1.key.name }
      node.value = .map(sorted.map { ConfigNode.Entry($0.key, canonical($0.value)) })
    } else if let items = node.list {
      node.value = .list(items.map(canonical))
    } else if node.isNull {
      node.value = .scalar("null", quoted: false)
    } else if let number = node.integer.map(String.init) ?? node.number.map({ "\($0)" }) ?? node.boolean.map({ "\($0)" }) {
      node.value = .scalar(number, quoted: false)
    }
    return node
  }
}

/// A line of YAML; `origin` is nil for lines that hold no value.
private struct Line {
  /// What indents it. Apart from ``content``, whose first scalar may combine with a space into one character.
  var indent = ""
  var content: String
  var origin: String?

  var text: String { indent + content }
}

private func rendered(_ node: ConfigNode) -> [Line] {
  if let items = node.list, !items.isEmpty { return items.flatMap(rendered(item:)) }
  if let entries = node.map, !entries.isEmpty { return entries.flatMap(rendered(entry:)) }
  return [Line(content: inline(node), origin: originText(node.mark))]
}

/// A value that takes one line.
private func inline(_ node: ConfigNode) -> String {
  switch node.value {
  case .scalar(let text, let quoted): YAMLText.scalar(text, quoted: quoted)
  case .list: "[]"
  default: "{}"
  }
}

private func rendered(item: ConfigNode) -> [Line] {
  var lines = indented(rendered(item))
  lines[0].indent = "- " + lines[0].indent.dropFirst(2)
  return lines
}

private func rendered(entry: ConfigNode.Entry) -> [Line] {
  var lines = rendered(entry.value)
  var head = YAMLText.scalar(entry.key.name, quoted: true)
  var question: [Line] = []
  if head.unicodeScalars.count > 1000 {
    // Longer keys must be announced: readers look only so far for the colon.
    question = [Line(content: "? " + head)]
    head = ""
  }
  if entry.value.list?.isEmpty == false || entry.value.map?.isEmpty == false {
    return question + [Line(content: head + ":")] + indented(lines)
  }
  lines[0].content = head + ": " + lines[0].content
  return question + lines
}

private func indented(_ lines: [Line]) -> [Line] {
  lines.map { Line(indent: "  " + $0.indent, content: $0.content, origin: $0.origin) }
}

private func originText(_ mark: SourceMark) -> String {
  mark.isVirtual ? mark.file : TerminalText.visible(mark.file) + ":\(mark.line)"
}

/// Scalars as YAML text.
enum YAMLText {
  /// A scalar that reads back to the same value; quotes only where it needs them.
  static func scalar(_ text: String, quoted: Bool) -> String {
    if !quoted && text.isEmpty { return "null" }
    return isPlain(text) && !(quoted && meansMore(text)) ? text : doubleQuoted(text)
  }

  /// `text` in double quotes, on one line.
  static func doubleQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case _ where TerminalText.isHidden(scalar): out += escape(scalar)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let width = scalar.value < 0x100 ? 2 : scalar.value < 0x10000 ? 4 : 8
    let letter = width == 2 ? "x" : width == 4 ? "u" : "U"
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }

  /// Whether the text can stand without quotes where it is written.
  private static func isPlain(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, let last = scalars.last else { return false }
    if first.properties.isWhitespace || last.properties.isWhitespace || last == ":" { return false }
    if scalars.contains(where: TerminalText.isHidden) { return false }
    let next = scalars.dropFirst().first
    if "-?:".unicodeScalars.contains(first) && (next == nil || next == " ") { return false }
    if ",[]{}#&*!|>'\"%@`".unicodeScalars.contains(first) { return false }
    if text.hasPrefix("---") || text.hasPrefix("...") { return false }
    return !zip(scalars, scalars.dropFirst()).contains { ($0 == ":" && $1 == " ") || ($0 == " " && $1 == "#") }
  }

  /// Whether the text without quotes would be a number, a boolean, null or something else than text, to us or to others.
  private static func meansMore(_ text: String) -> Bool {
    if words.contains(text.lowercased()) { return true }
    var rest = text[...]
    while let first = rest.first, "+-.".contains(first) { rest = rest.dropFirst() }
    return rest.first?.isNumber == true
  }

  private static let words: Set<String> = [
    "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", ".inf", "+.inf", "-.inf", ".nan",
  ]
}
