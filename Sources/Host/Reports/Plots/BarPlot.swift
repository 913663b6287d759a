/// Values by name, with intervals where there are any: bars from zero, or dots on an axis that fits them.
struct BarPlot {
  struct Value: Sendable {
    var value: Double
    var low: Double?, high: Double?
  }

  enum Marks { case bars, dots }

  var id: String, title: String, caption: String
  /// What the rows are, e.g. `type`, and what is measured.
  var rowTitle: String, valueTitle: String
  var rows: [String]
  /// A value a row; nil where there is none.
  var series: [(name: String, values: [Value?])]
  var marks = Marks.bars
  /// Behind the point, in the drawing.
  var digits = 1
  /// What values can be.
  var bounds = -Double.infinity...Double.infinity

  private let width = 380.0, right = 46.0, top = 20.0, thickness = 13.0

  var figure: Figure {
    // Long names stand above their bars, short ones beside them.
    let widest = rows.map(textWidth).max() ?? 0, isAbove = widest > 130
    let left = isAbove ? 12 : widest + 12, head = isAbove ? 17.0 : 0
    let band = head + Double(series.count) * (thickness + 2) + 9
    let height = top + Double(rows.count) * band + 6
    let values = series.flatMap(\.values).compactMap { $0 }
    let ends = values.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }
    let x = LinearScale(marks == .bars ? ends + [0] : ends, count: 5, from: left, to: width - right, bounds: bounds)
    let legend = Legend(
      entries: series.count > 1 ? series.enumerated().map { ($1.name, PlotStyle.series($0), false) } : [], width: width - 12)
    let drawing = Drawing(width: width, height: height + legend.height) {
      for tick in x.ticks {
        element("path", ["d": "M\(pixels(x(tick))),\(pixels(top))V\(pixels(height - 4))", "class": "grid"])
        label(x.text(tick), x: x(tick), y: top - 6, anchor: "middle")
      }
      for (i, row) in rows.enumerated() {
        let y = top + Double(i) * band + 5
        if isAbove {
          label(row, x: 0, y: y + 10, most: width)
        } else {
          label(row, x: left - 8, y: y + band / 2 - 1, anchor: "end")
        }
        for (j, line) in series.enumerated() {
          if let value = line.values[i] {
            drawn(value, x, y: y + head + Double(j) * (thickness + 2), style: PlotStyle.series(j), name: "\(row), \(line.name)")
          }
        }
      }
      legend.markup(x: 12, y: height)
    }
    let spread = values.contains { $0.low != nil }
    return Figure(
      id: id, title: title, caption: caption, drawing: drawing,
      columns: [rowTitle, "series", valueTitle] + (spread ? ["low", "high"] : []),
      rows: rows.indices.flatMap { i in
        series.compactMap { line in
          line.values[i].map { value in
            [.text(rows[i]), .text(line.name), .number(value.value, digits: 6)]
              + (spread ? [value.low, value.high].map { $0.map { .number($0, digits: 6) } ?? .nothing } : [])
          }
        }
      })
  }

  private func drawn(_ value: Value, _ x: LinearScale, y: Double, style: String, name: String) -> Markup {
    let middle = y + thickness / 2
    var end = x(value.value)
    if let high = value.high { end = max(end, x(high)) }
    return element("g") {
      element("title") {
        "\(name): \(fixed(value.value, 2))"
        if let low = value.low, let high = value.high { " (\(fixed(low, 2)) – \(fixed(high, 2)))" }
      }
      switch marks {
      case .bars:
        element(
          "rect",
          [
            "x": pixels(min(x(0), x(value.value))), "y": pixels(y), "width": pixels(abs(x(value.value) - x(0))),
            "height": pixels(thickness), "class": "bar \(style)",
          ])
      case .dots:
        element("circle", ["cx": pixels(x(value.value)), "cy": pixels(middle), "r": "5", "class": "dot \(style)"])
      }
      if let low = value.low, let high = value.high {
        element(
          "path",
          [
            "d": "M\(pixels(x(low))),\(pixels(middle))H\(pixels(x(high)))M\(pixels(x(low))),\(pixels(middle - 3))v6"
              + "M\(pixels(x(high))),\(pixels(middle - 3))v6", "class": "whisker",
          ])
      }
      label(fixed(value.value, digits), x: max(end, x(value.value)) + 8, y: middle + 4)
    }
  }
}
