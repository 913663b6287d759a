/// How wholes are made up, a bar each: the classes of contexts by split.
struct StackedBars {
  var id: String, title: String, caption: String
  /// What the rows and the parts are, e.g. `split` and `class`.
  var rowTitle: String, partTitle: String
  var parts: [String]
  /// Counts, one a part.
  var rows: [(name: String, counts: [Int])]

  private let width = 380.0, thickness = 22.0

  var figure: Figure {
    let band = thickness + 24
    let height = Double(rows.count) * band + 4
    let legend = Legend(entries: parts.enumerated().map { ($1, PlotStyle.series($0), false) }, width: width - 4)
    let drawing = Drawing(width: width, height: height + legend.height) {
      for (i, row) in rows.enumerated() { bar(row.name, row.counts, y: Double(i) * band) }
      legend.markup(x: 2, y: height)
    }
    return Figure(
      id: id, title: title, caption: caption, drawing: drawing, columns: [rowTitle, partTitle, "count", "share"],
      rows: rows.flatMap { row in
        zip(parts, row.counts).map { part, count in
          [.text(row.name), .text(part), .count(count), .percentage(Self.share(count, row.counts))]
        }
      })
  }

  private func bar(_ name: String, _ counts: [Int], y: Double) -> Markup {
    let total = counts.reduce(0, +), span = width - 4
    var places: [(x: Double, width: Double)] = []
    var x = 2.0
    for count in counts {
      let size = span * Self.share(count, counts)
      places.append((x, size))
      x += size
    }
    return element("g") {
      label(name, x: 2, y: y + 13, most: width - 90, style: "strong")
      label("\(total)", x: width - 2, y: y + 13, anchor: "end")
      if total == 0 {
        element("rect", ["x": "2", "y": pixels(y + 18), "width": pixels(span), "height": pixels(thickness), "class": "none"])
      }
      for (i, place) in places.enumerated() where place.width > 0 {
        let shown = percent(Self.share(counts[i], counts)) + " %"
        element(
          "rect",
          [
            "x": pixels(place.x), "y": pixels(y + 18), "width": pixels(place.width), "height": pixels(thickness),
            "class": "bar \(PlotStyle.series(i))",
          ]
        ) {
          element("title") { "\(name), \(parts[i]): \(counts[i]) (\(shown))" }
        }
      }
    }
  }

  private static func share(_ count: Int, _ all: [Int]) -> Double {
    let total = all.reduce(0, +)
    return total > 0 ? Double(count) / Double(total) : 0
  }
}
