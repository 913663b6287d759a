/// HTML or SVG, well-formed and escaped by construction: elements close themselves, and text goes in as text.
struct Markup: Sendable {
  /// What goes into the page.
  private(set) var source: String

  private init(source: String) { self.source = source }

  /// Nothing.
  static let empty = Markup(source: "")

  /// Text from anywhere.
  static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

  /// The content of a `script` or `style` element. Throws where it holds what could end the element: `<` before `/` or `!`.
  static func raw(_ text: String) throws(UnsafeContent) -> Markup {
    var text = text
    let isSafe = text.withUTF8 { bytes in
      !bytes.indices.dropLast().contains { bytes[$0] == UInt8(ascii: "<") && "/!".utf8.contains(bytes[$0 + 1]) }
    }
    guard isSafe else { throw UnsafeContent() }
    return Markup(source: text)
  }

  /// Script or style text that could end its element.
  struct UnsafeContent: Error {}

  static func + (a: Markup, b: Markup) -> Markup { Markup(source: a.source + b.source) }

  fileprivate static func joined(_ parts: [Markup]) -> Markup {
    var source = ""
    source.reserveCapacity(parts.reduce(0) { $0 + $1.source.utf8.count })
    for part in parts { source += part.source }
    return Markup(source: source)
  }

  fileprivate init(element name: String, _ attributes: KeyValuePairs<String, String?>, _ content: Markup?) {
    source = "<" + name
    for (key, value) in attributes {
      if let value { source += " \(key)=\"\(escaped(value))\"" }
    }
    source += content.map { ">\($0.source)</\(name)>" } ?? "/>"
  }
}

/// An element with content. An attribute without a value is left out.
func element(
  _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], @MarkupBuilder content: () throws -> Markup
) rethrows -> Markup {
  Markup(element: name, attributes, try content())
}

/// An element without content, such as `meta` or SVG's `line`.
func element(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:]) -> Markup {
  Markup(element: name, attributes, nil)
}

/// Puts pieces one after the other; a `String` is text.
@resultBuilder enum MarkupBuilder {
  static func buildExpression(_ markup: Markup) -> Markup { markup }
  static func buildExpression(_ text: String) -> Markup { .text(text) }
  static func buildBlock(_ parts: Markup...) -> Markup { .joined(parts) }
  static func buildArray(_ parts: [Markup]) -> Markup { .joined(parts) }
  static func buildOptional(_ part: Markup?) -> Markup { part ?? .empty }
  static func buildEither(first: Markup) -> Markup { first }
  static func buildEither(second: Markup) -> Markup { second }
}
