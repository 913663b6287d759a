import Testing

/// Reads a page as strictly as XML, but for the text of scripts and styles, and knows nothing of how it was made.
struct MarkupReader {
  struct Element {
    var name: String
    var attributes: [String: String]
    /// The text directly in it, entities resolved.
    var text: String
    /// The names of the elements around it, from the root.
    var around: [String]
  }

  private(set) var elements: [Element] = []
  private(set) var faults: [String] = []
  private let text: [Unicode.Scalar]
  private var at = 0
  private var open: [Int] = []

  init(_ page: String) {
    text = Array(page.unicodeScalars)
    if starts("<!DOCTYPE html>\n") { at += 16 }
    while at < text.count { step() }
    for place in open { faults.append("<\(elements[place].name)> is not closed") }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  private func starts(_ prefix: String) -> Bool { text.dropFirst(at).starts(with: prefix.unicodeScalars) }

  private mutating func step() {
    if starts("</") {
      at += 2
      let name = take { $0 != ">" }
      at += 1
      guard let place = open.popLast() else { return faults.append("</\(name)> closes nothing") }
      if elements[place].name != name { faults.append("</\(name)> closes <\(elements[place].name)>") }
    } else if text[at] == "<" {
      at += 1
      element()
    } else {
      let content = take { $0 != "<" }
      let shown = resolved(content)
      if let place = open.last {
        elements[place].text += shown
      } else if !content.allSatisfy(\.isWhitespace) {
        faults.append("text outside of the root: \(content)")
      }
    }
  }

  private mutating func element() {
    let name = take { $0 != " " && $0 != ">" && $0 != "/" }
    if name.isEmpty || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
      faults.append("a bare < before \(name)")
    }
    var attributes: [String: String] = [:]
    while at < text.count, text[at] == " " {
      at += 1
      let key = take { $0 != "=" && $0 != ">" && $0 != " " }
      guard starts("=\"") else { return faults.append("attribute \(key) of <\(name)> has no quoted value") }
      at += 2
      let value = take { $0 != "\"" }
      if value.contains("<") { faults.append("a bare < in \(key) of <\(name)>") }
      at += 1
      if attributes.updateValue(resolved(value), forKey: key) != nil { faults.append("\(key) stands twice in <\(name)>") }
    }
    elements.append(Element(name: name, attributes: attributes, text: "", around: open.map { elements[$0].name }))
    if starts("/>") { return at += 2 }
    guard starts(">") else { return faults.append("<\(name)> does not end") }
    at += 1
    open.append(elements.count - 1)
    if name == "script" || name == "style" {
      while at < text.count, !starts("</") {
        elements[elements.count - 1].text.unicodeScalars.append(text[at])
        at += 1
      }
    }
  }

  private mutating func take(while holds: (Unicode.Scalar) -> Bool) -> String {
    let start = at
    while at < text.count, holds(text[at]) { at += 1 }
    return String(String.UnicodeScalarView(text[start..<at]))
  }

  private mutating func resolved(_ text: String) -> String {
    guard text.contains("&") else { return text }
    var out = "", rest = text[...]
    while let place = rest.firstIndex(of: "&") {
      out += rest[..<place]
      let known = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\"")].first { rest[place...].hasPrefix($0.0) }
      guard let known else {
        faults.append("a bare & in \(rest[place...].prefix(20))")
        return out + rest[place...]
      }
      out += known.1
      rest = rest[place...].dropFirst(known.0.count)
    }
    return out + rest
  }
}

@Suite struct MarkupReaderTests {
  /// A check that sees nothing would pass everything.
  @Test(arguments: [
    "<p>a<b>c</p></b>", "<p>", "</p>", "<p>a & b</p>", "<p>1 < 2</p>", "<p a=b>c</p>", "<p a=\"<\">c</p>",
    "<p a=\"1\" a=\"2\">c</p>", "a<p></p>",
  ])
  func faultsAreSeen(page: String) { #expect(!MarkupReader(page).faults.isEmpty, "\(page)") }

  @Test func pagesAreRead() {
    let page = MarkupReader("<!DOCTYPE html>\n<p a=\"1 &quot;\" b=\"2\"><i/>x &amp;&lt; y<script>1 < 2 && 3</script></p>\n")
    #expect(page.faults.isEmpty && page.elements.map(\.name) == ["p", "i", "script"])
    #expect(page.elements[0].attributes == ["a": "1 \"", "b": "2"] && page.elements[0].text == "x &< y")
    #expect(page.elements[2].text == "1 < 2 && 3" && page.elements[2].around == ["p"])
  }
}
