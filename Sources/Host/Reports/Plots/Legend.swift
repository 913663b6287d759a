/// Which series is which, below a drawing, in as many rows as it takes.
struct Legend {
  /// A name and the classes of its sign.
  var entries: [(name: String, style: String, isLine: Bool)]
  let width: Double

  var rows: Int { places.last.map { $0.row + 1 } ?? 0 }
  var height: Double { Double(rows) * 18 + (rows > 0 ? 6 : 0) }

  private var places: [(x: Double, row: Int)] {
    var x = 0.0, row = 0
    return entries.map { entry in
      let size = min(width, textWidth(entry.name) + 40)
      if x > 0, x + size > width { (x, row) = (0, row + 1) }
      defer { x += size }
      return (x, row)
    }
  }

  /// At the place of its upper left corner.
  func markup(x left: Double, y top: Double) -> Markup {
    element("g") {
      for (entry, place) in zip(entries, places) {
        let x = left + place.x, y = top + 6 + Double(place.row) * 18
        if entry.isLine {
          element(
            "path", ["d": "M\(pixels(x)),\(pixels(y + 6))h20", "class": "line \(entry.style)"])
        } else {
          element(
            "rect",
            ["x": pixels(x + 4), "y": pixels(y), "width": "12", "height": "12", "rx": "2", "class": "bar \(entry.style)"])
        }
        label(entry.name, x: x + 26, y: y + 10, most: width - 30)
      }
    }
  }
}
