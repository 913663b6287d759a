/// Lines over a common axis, such as learning curves.
struct LinePlot {
  struct Point: Sendable {
    var x: Double, y: Double
    /// The ends of a band around the line.
    var low: Double?, high: Double?
  }

  struct Series: Sendable {
    var name: String
    /// By x, growing.
    var points: [Point]
    /// Its colour's number.
    var colour: Int
    var dashed = false
  }

  var id: String, title: String, caption: String
  var xTitle: String, yTitle: String
  var series: [Series]
  /// Whether x counts something: marks are whole numbers.
  var countsX = true
  /// What values can be.
  var bounds = -Double.infinity...Double.infinity

  private let width = 380.0, height = 250.0, left = 46.0, right = 12.0, top = 26.0, bottom = 44.0

  var figure: Figure {
    let points = series.flatMap(\.points)
    let x = LinearScale(points.map(\.x), count: 6, from: left, to: width - right, fits: true)
    let y = LinearScale(
      points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }, count: 5, from: height - bottom, to: top,
      bounds: bounds)
    let legend = Legend(
      entries: series.map { ($0.name, PlotStyle.series($0.colour) + ($0.dashed ? " dashed" : ""), true) },
      width: width - left - right)
    let drawing = Drawing(width: width, height: height + legend.height) {
      axes(x, y)
      // The first series is drawn last, above the others.
      for line in series.reversed() { drawn(line, x, y) }
      legend.markup(x: left, y: height - 6)
    }
    let banded = points.contains { $0.low != nil }
    return Figure(
      id: id, title: title, caption: caption, drawing: drawing,
      columns: ["series", xTitle, yTitle] + (banded ? ["low", "high"] : []),
      rows: series.flatMap { line in
        line.points.map { point in
          [
            .text(line.name), countsX ? .count(Int(exactly: point.x.rounded()) ?? .max) : .number(point.x, digits: 6),
            .number(point.y, digits: 6),
          ]
            + (banded ? [point.low, point.high].map { $0.map { .number($0, digits: 6) } ?? .nothing } : [])
        }
      })
  }

  private func text(_ value: Double, _ x: LinearScale) -> String { countsX ? fixed(value, 0) : x.text(value) }

  private func axes(_ x: LinearScale, _ y: LinearScale) -> Markup {
    element("g") {
      for tick in y.ticks {
        element(
          "path", ["d": "M\(pixels(left)),\(pixels(y(tick)))H\(pixels(width - right))", "class": "grid"])
        label(y.text(tick), x: left - 6, y: y(tick) + 4, anchor: "end")
      }
      for tick in x.ticks where !countsX || abs(tick - tick.rounded()) < 1e-6 {
        label(text(tick, x), x: x(tick), y: height - bottom + 17, anchor: "middle")
      }
      element("path", ["d": "M\(pixels(left)),\(pixels(height - bottom))H\(pixels(width - right))", "class": "axis"])
      label(xTitle, x: (left + width - right) / 2, y: height - bottom + 34, anchor: "middle")
      label(yTitle, x: 2, y: 11, most: width)
    }
  }

  private func drawn(_ line: Series, _ x: LinearScale, _ y: LinearScale) -> Markup {
    func place(_ point: Point, _ value: Double) -> String { "\(pixels(x(point.x))),\(pixels(y(value)))" }
    let style = PlotStyle.series(line.colour)
    let banded = line.points.filter { $0.low != nil && $0.high != nil }
    return element("g") {
      if banded.count > 1 {
        let edge = banded.map { place($0, $0.high ?? $0.y) } + banded.reversed().map { place($0, $0.low ?? $0.y) }
        element("path", ["d": "M" + edge.joined(separator: "L") + "Z", "class": "band \(style)"])
      }
      if line.points.count > 1 {
        element(
          "path",
          [
            "d": "M" + line.points.map { place($0, $0.y) }.joined(separator: "L"),
            "class": "line \(style)" + (line.dashed ? " dashed" : ""),
          ])
      }
      if line.points.count <= 40 {
        for point in line.points {
          element("circle", ["cx": pixels(x(point.x)), "cy": pixels(y(point.y)), "r": "3.5", "class": "dot \(style)"]) {
            element("title") { "\(line.name), \(xTitle) \(text(point.x, x)): \(fixed(point.y, 2))" }
          }
        }
      }
    }
  }
}

extension Drawing {
  init(width: Double, height: Double, @MarkupBuilder content: () -> Markup) {
    self.init(width: width, height: height, content: content())
  }
}
