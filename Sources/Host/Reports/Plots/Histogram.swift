/// How often values lie in ranges of equal width.
struct Histogram {
  var id: String, title: String, caption: String
  var xTitle: String
  /// What is counted, e.g. `sentences`.
  var yTitle: String
  var values: [Int]

  private let width = 380.0, height = 250.0, left = 46.0, right = 12.0, top = 26.0, bottom = 44.0

  /// From, to (both counted in) and how many values, without gaps.
  var bins: [(from: Int, to: Int, count: Int)] {
    guard let most = values.max() else { return [] }
    let size = max(1, Int(LinearScale.niceStep(Double(most + 1) / 30)))
    var counts = [Int](repeating: 0, count: most / size + 1)
    for value in values { counts[max(0, value) / size] += 1 }
    return counts.enumerated().map { ($0 * size, $0 * size + size - 1, $1) }
  }

  var figure: Figure {
    let bins = bins
    let end = Double((bins.last?.to ?? 0) + 1)
    let x = LinearScale([0, end], count: 6, from: left, to: width - right, fits: true)
    let y = LinearScale(bins.map { Double($0.count) } + [0], count: 5, from: height - bottom, to: top)
    let drawing = Drawing(width: width, height: height) {
      for tick in y.ticks where tick == tick.rounded() {
        element("path", ["d": "M\(pixels(left)),\(pixels(y(tick)))H\(pixels(width - right))", "class": "grid"])
        label(y.text(tick), x: left - 6, y: y(tick) + 4, anchor: "end")
      }
      for bin in bins where bin.count > 0 {
        let from = x(Double(bin.from)), to = x(Double(bin.to + 1)), high = y(Double(bin.count))
        element(
          "rect",
          [
            "x": pixels(from + 0.5), "y": pixels(high), "width": pixels(max(0.5, to - from - 1)),
            "height": pixels(height - bottom - high), "class": "bar s0",
          ]
        ) {
          element("title") { "\(bin.from) – \(bin.to) \(xTitle): \(bin.count)" }
        }
      }
      for tick in x.ticks { label(x.text(tick), x: x(tick), y: height - bottom + 17, anchor: "middle") }
      element("path", ["d": "M\(pixels(left)),\(pixels(height - bottom))H\(pixels(width - right))", "class": "axis"])
      label(xTitle, x: (left + width - right) / 2, y: height - bottom + 34, anchor: "middle")
      label(yTitle, x: 2, y: 11, most: width)
    }
    return Figure(
      id: id, title: title, caption: caption, drawing: drawing, columns: ["from", "to", "count"],
      rows: bins.map { [.count($0.from), .count($0.to), .count($0.count)] })
  }
}
