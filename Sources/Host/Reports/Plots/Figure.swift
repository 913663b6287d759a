/// A plot with its words and with the numbers that it draws.
struct Figure: Sendable {
  /// A name for files, e.g. `f1-by-epoch`.
  var id: String
  var title: String
  /// What a reader has to know to read it.
  var caption: String
  var drawing: Drawing
  /// Every number that is drawn: the figure's CSV.
  var data: ReportTable

  init(id: String, title: String, caption: String, drawing: Drawing, columns: [String], rows: [[ReportTable.Cell]]) {
    self.id = id
    self.title = title
    self.caption = caption
    self.drawing = drawing
    data = ReportTable(id: id, title: title, columns: columns, rows: rows)
  }

  /// The drawing inside of a page, which has the styles.
  var svg: Markup { markup([:]) }

  /// A file of its own, in the colours of print.
  var file: String {
    let style = PlotStyle.css(.light)
    // The style is a constant of this program; it holds nothing that could end the element.
    let sheet = (try? Markup.raw(style)) ?? .empty
    return markup(["xmlns": "http://www.w3.org/2000/svg"], element("style") { sheet }).source + "\n"
  }

  private func markup(_ attributes: KeyValuePairs<String, String?>, _ head: Markup = .empty) -> Markup {
    element(
      "svg",
      [
        "xmlns": attributes.first { $0.key == "xmlns" }?.value, "class": "plot",
        "viewBox": "0 0 \(pixels(drawing.width)) \(pixels(drawing.height))", "width": pixels(drawing.width),
        "height": pixels(drawing.height), "role": "img", "aria-labelledby": "\(id)-title",
      ]
    ) {
      head
      element("title", ["id": "\(id)-title"]) { title }
      drawing.content
    }
  }
}

/// What an SVG shows, in pixels.
struct Drawing: Sendable {
  var width: Double, height: Double
  var content: Markup
}

/// A length with as many digits as a drawing needs.
func pixels(_ value: Double) -> String {
  let text = fixed(value, 1)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// Text of a drawing. It is cut where it is wider than `most`; the whole of it is then shown on hovering.
func label(
  _ text: String, x: Double, y: Double, anchor: String? = nil, most: Double = .infinity, style: String? = nil
) -> Markup {
  let shown = cut(text, to: most)
  return element("text", ["x": pixels(x), "y": pixels(y), "text-anchor": anchor, "class": style]) {
    if shown != text { element("title") { text } }
    shown
  }
}

/// About how wide a text is in the font of drawings; capitals are wider.
func textWidth(_ text: String) -> Double {
  Double(TerminalText.width(text)) * 6.6 + Double(text.count { $0.isUppercase }) * 2
}

private func cut(_ text: String, to most: Double) -> String {
  guard textWidth(text) > most else { return text }
  var shown = text
  while !shown.isEmpty, textWidth(shown + "…") > most { shown.removeLast() }
  return shown + "…"
}
