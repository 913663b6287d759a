/// Values by two names, as coloured cells with the numbers in them.
struct HeatMap {
  struct Cell: Sendable {
    /// In per cent.
    var mean: Double
    var std: Double?
    var runs: Int
  }

  var id: String, title: String, caption: String
  var rowTitle: String, columnTitle: String, valueTitle: String
  var rows: [String], columns: [String]
  /// By row and column; nil where nothing is finished.
  var cells: [[Cell?]]

  private let cellHeight = 44.0, head = 40.0

  var figure: Figure {
    let found = cells.joined().compactMap { $0 }
    let low = found.map(\.mean).min() ?? 0, high = found.map(\.mean).max() ?? 1
    let left = min(220, max(40, (rows.map(textWidth).max() ?? 0) + 14, textWidth(rowTitle) + 8))
    let widest = found.contains { $0.std != nil } ? 96.0 : 66.0
    let cellWidth = max(widest, min(130, (columns.map(textWidth).max() ?? 0) + 10))
    let width = max(220, left + cellWidth * Double(columns.count) + 2)
    let drawing = Drawing(width: width, height: head + cellHeight * Double(rows.count) + 2) {
      label(columnTitle, x: left, y: 12, most: width - left, style: "strong")
      label(rowTitle, x: 0, y: 32, most: left, style: "strong")
      for (j, column) in columns.enumerated() {
        label(column, x: left + (Double(j) + 0.5) * cellWidth, y: 32, anchor: "middle", most: cellWidth - 4)
      }
      for (i, row) in rows.enumerated() {
        let y = head + Double(i) * cellHeight
        label(row, x: left - 8, y: y + cellHeight / 2 + 4, anchor: "end", most: left - 8)
        for (j, column) in columns.enumerated() {
          drawn(
            cells[i][j], name: "\(row), \(column)", x: left + Double(j) * cellWidth, y: y, width: cellWidth, low: low,
            high: high)
        }
      }
    }
    return Figure(
      id: id, title: title, caption: caption, drawing: drawing,
      columns: [rowTitle.isEmpty ? "row" : rowTitle, columnTitle, valueTitle, "std", "runs"],
      rows: rows.indices.flatMap { i in
        columns.indices.map { j in
          let cell = cells[i][j]
          return [
            .text(rows[i]), .text(columns[j]), cell.map { .number($0.mean, digits: 6) } ?? .nothing,
            cell?.std.map { .number($0, digits: 6) } ?? .nothing, .count(cell?.runs ?? 0),
          ]
        }
      })
  }

  private func drawn(
    _ cell: Cell?, name: String, x: Double, y: Double, width: Double, low: Double, high: Double
  ) -> Markup {
    let place: KeyValuePairs<String, String?> = [
      "x": pixels(x + 1), "y": pixels(y + 1), "width": pixels(width - 2), "height": pixels(cellHeight - 2), "rx": "3",
      "class": cell == nil ? "none" : nil,
      "fill": cell.map { Self.colour(high > low ? ($0.mean - low) / (high - low) : 0.5).fill },
    ]
    return element("g") {
      element("rect", place) {
        element("title") {
          "\(name): " + (cell.map { "\(fixed($0.mean, 2)), \($0.runs) run\($0.runs == 1 ? "" : "s")" } ?? "not finished")
        }
      }
      if let cell {
        let ink = Self.colour(high > low ? (cell.mean - low) / (high - low) : 0.5).ink
        element(
          "text", ["x": pixels(x + width / 2), "y": pixels(y + cellHeight / 2 + 4), "text-anchor": "middle", "class": ink]
        ) {
          fixed(cell.mean, 2) + (cell.std.map { " ± " + fixed($0, 2) } ?? "")
        }
      } else {
        label("–", x: x + width / 2, y: y + cellHeight / 2 + 4, anchor: "middle")
      }
    }
  }

  /// From pale to deep blue; `ink` is the class of text on it. Their contrast is 4.3 : 1 at least.
  static func colour(_ share: Double) -> (fill: String, ink: String) {
    let pale = [232.0, 241, 250], deep = [8.0, 72, 130]
    let mixed = zip(pale, deep).map { Int(($0 + ($1 - $0) * max(0, min(1, share))).rounded()) }
    let fill = "#" + mixed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return (fill, share > 0.68 ? "pale" : "ink")
  }
}
