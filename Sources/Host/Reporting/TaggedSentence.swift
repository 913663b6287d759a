/// A sentence with its entities, ready to be shown.
struct TaggedSentence: Encodable {
  struct Found: Encodable {
    var type: String
    var text: String
    /// First word and the one behind the last.
    var start: Int, end: Int
  }

  let words: [String]
  /// IOB2.
  let tags: [String]
  let entities: [Found]

  init(words: [String], tags: [String]) {
    self.words = words
    self.tags = tags
    entities = Entity.entities(in: tags).map {
      Found(
        type: $0.type, text: words[$0.words].joined(separator: " "), start: $0.words.lowerBound, end: $0.words.upperBound)
    }
  }

  /// `[PER Anna Lind] visited [LOC Oslo] .`
  func inline(colour: Bool) -> String {
    pieces { text, type in
      guard let type else { return text }
      return colour
        ? "\u{1B}[1;\(31 + TaggedSentence.hue(type) % 6)m\(text)\u{1B}[0m\u{1B}[2m[\(type)]\u{1B}[0m" : "[\(type) \(text)]"
    }
  }

  /// One word and tag a line.
  var columns: String { zip(words, tags).map { "\($0)\t\($1)\n" }.joined() }

  var html: String {
    pieces { text, type in
      guard let type else { return escaped(text) }
      return "<mark style=\"--h:\(TaggedSentence.hue(type) * 47 % 360)\">\(escaped(text))<b>\(escaped(type))</b></mark>"
    }
  }

  private func pieces(_ show: (String, String?) -> String) -> String {
    var out: [String] = []
    var at = 0
    for entity in entities {
      if at < entity.start { out.append(show(words[at..<entity.start].joined(separator: " "), nil)) }
      out.append(show(entity.text, entity.type))
      at = entity.end
    }
    if at < words.count { out.append(show(words[at...].joined(separator: " "), nil)) }
    return out.joined(separator: " ")
  }

  /// A stable number for a type, so that a type keeps its colour from page to page.
  private static func hue(_ type: String) -> Int { type.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xffff } }
}

/// One self-contained page.
func htmlPage(_ sentences: [TaggedSentence]) -> String {
  """
  <!doctype html>
  <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>Entities</title>
  <style>
  body { font: 17px/1.9 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
  mark { background: hsl(var(--h) 75% 87%); border-radius: .35em; padding: .15em .35em; color: inherit }
  mark b { font-size: .65em; margin-left: .5em; color: hsl(var(--h) 70% 30%) }
  p { margin: .4em 0 }
  </style>
  \(sentences.map { "<p>\($0.html)</p>" }.joined(separator: "\n"))
  </html>
  """
}

/// Text for HTML and SVG, in content and in quoted attributes.
func escaped(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "\"": out += "&quot;"
    default: out.unicodeScalars.append(shown(scalar))
    }
  }
  return out
}

/// Control characters, which neither HTML nor SVG can hold, become U+FFFD.
func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  switch scalar {
  case "\t", "\n", "\r": scalar
  case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": "\u{FFFD}"
  default: scalar
  }
}
