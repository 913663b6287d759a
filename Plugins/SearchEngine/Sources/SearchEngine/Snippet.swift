/// A piece of a page as engines show it, without mark-up: tags are taken out, entities and ellipses resolved, white space is
/// one space.
func plainSnippet(_ snippet: String) -> String {
  unescaped(withoutTags(snippet)).replacing("…", with: " ").replacing("...", with: " ")
    .split(whereSeparator: \.isWhitespace).joined(separator: " ")
}

/// Tags that end a line are spaces, others (`<b>`, `<span class="searchmatch">`) nothing: they may stand inside a word.
private func withoutTags(_ text: String) -> String {
  var out = "", rest = Substring(text)
  while let start = rest.firstIndex(of: "<") {
    let after = rest[rest.index(after: start)...]
    guard let first = after.first, first.isLetter || first == "/" || first == "!", let end = after.firstIndex(of: ">") else {
      out += rest[...start]
      rest = after
      continue
    }
    out += rest[..<start]
    let name = after[..<end].drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }.lowercased()
    if lineTags.contains(name) { out += " " }
    rest = after[after.index(after: end)...]
  }
  return out + rest
}

private let lineTags: Set<String> = [
  "br", "p", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote",
]

/// HTML's entities once: `&amp;lt;` becomes `&lt;`.
private func unescaped(_ text: String) -> String {
  var out = "", rest = Substring(text)
  while let start = rest.firstIndex(of: "&") {
    out += rest[..<start]
    let body = rest[rest.index(after: start)...]
    if let end = body.prefix(12).firstIndex(of: ";"), let value = entity(body[..<end]) {
      out += value
      rest = body[body.index(after: end)...]
    } else {
      out += "&"
      rest = body
    }
  }
  return out + rest
}

private func entity(_ name: Substring) -> String? {
  guard name.hasPrefix("#") else { return entities[String(name)] }
  let digits = name.dropFirst()
  let code = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
  return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
}

/// Those that engines write; numbers stand for the rest.
private let entities: [String: String] = [
  "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "hellip": "…", "ndash": "–", "mdash": "—",
  "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "laquo": "«", "raquo": "»", "middot": "·", "bull": "•",
  "copy": "©", "reg": "®", "trade": "™", "deg": "°", "euro": "€", "pound": "£", "yen": "¥", "sect": "§", "times": "×",
  "eacute": "é", "egrave": "è", "agrave": "à", "aacute": "á", "iacute": "í", "oacute": "ó", "uacute": "ú", "ntilde": "ñ",
  "ccedil": "ç", "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "aring": "å",
  "oslash": "ø", "aelig": "æ",
]
