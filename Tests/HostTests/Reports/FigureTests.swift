import Glibc
import Testing

@testable import Host

/// The numbers beside a plot are those that it draws: read back from the drawing by its own axes.
@Suite struct FigureTests {
  /// Values by place, from the axis's labels.
  private struct Axis {
    let slope: Double, offset: Double

    init(_ labels: [(place: Double, value: Double)]) throws {
      let first = try #require(labels.first), last = try #require(labels.last)
      try #require(first.place != last.place)
      slope = (last.value - first.value) / (last.place - first.place)
      offset = first.value - slope * first.place
      for label in labels { #expect(abs(self(label.place) - label.value) < 0.02 * abs(last.value - first.value)) }
    }

    func callAsFunction(_ place: Double) -> Double { slope * place + offset }
  }

  private func read(_ figure: Figure) -> MarkupReader {
    let reader = MarkupReader(figure.svg.source)
    #expect(reader.faults.isEmpty, "\(reader.faults)")
    #expect(MarkupReader(figure.file).faults.isEmpty)
    return reader
  }

  private func number(_ element: MarkupReader.Element, _ name: String) -> Double {
    element.attributes[name].flatMap(Double.init) ?? .nan
  }

  private func csv(_ figure: Figure) -> [[String]] {
    figure.data.written(.csv).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private func close(_ a: Double, _ b: Double, _ within: Double) -> Bool { abs(a - b) <= within }

  @Test func linesAreTheirNumbers() throws {
    let points = [(1.0, 40.25), (2, 55.5), (3, 54), (4, 60.75)]
    let figure = LinePlot(
      id: "x", title: "T", caption: "", xTitle: "epoch", yTitle: "F1",
      series: [
        .init(name: "a, b", points: points.map { .init(x: $0.0, y: $0.1) }, colour: 0),
        .init(name: "c", points: [.init(x: 2, y: 50, low: 45, high: 56), .init(x: 3, y: 51, low: 49, high: 52)], colour: 1),
      ]
    ).figure
    let rows = csv(figure)
    #expect(rows[0] == ["series", "epoch", "F1", "low", "high"])
    #expect(figure.data.written(.csv).contains("\"a, b\",1,40.25,,\n") && rows.last == ["c", "3", "51.0", "49.0", "52.0"])
    let svg = read(figure)
    let y = try Axis(
      svg.all("text").filter { $0.attributes["text-anchor"] == "end" }.map { (number($0, "y") - 4, Double($0.text) ?? .nan) })
    let drawn = svg.all("circle").map { y(number($0, "cy")) }
    let told = try figure.data.rows.map { try #require($0[2].value) }
    // The first series is drawn above the others, that is last.
    #expect(zip(drawn, Array(told[4...]) + Array(told[..<4])).allSatisfy { close($0, $1, 0.1) } && drawn.count == 6, "\(drawn)")
    let band = try #require(svg.all("path").first { $0.attributes["class"] == "band s1" }?.attributes["d"])
    let corners = band.dropFirst().dropLast().split(separator: "L").map { y(Double($0.split(separator: ",")[1]) ?? .nan) }
    #expect(zip(corners, [56.0, 52, 49, 45]).allSatisfy { close($0, $1, 0.1) }, "\(corners)")
  }

  @Test(arguments: [BarPlot.Marks.bars, .dots]) func barsAreTheirNumbers(marks: BarPlot.Marks) throws {
    let figure = BarPlot(
      id: "x", title: "T", caption: "", rowTitle: "type", valueTitle: "F1", rows: ["LOC", "<PER>"],
      series: [
        ("with", [.init(value: 80, low: 75, high: 84), .init(value: 62.5)]), ("without", [.init(value: 71), nil]),
      ], marks: marks
    ).figure
    #expect(csv(figure).count == 4, "three values and a head")
    let svg = read(figure)
    let x = try Axis(
      svg.all("text").filter { $0.attributes["text-anchor"] == "middle" }.map { (number($0, "x"), Double($0.text) ?? .nan) })
    let drawn =
      marks == .bars
      ? svg.all("rect").filter { $0.attributes["rx"] == nil }.map { x(number($0, "x") + number($0, "width")) }
      : svg.all("circle").map { x(number($0, "cx")) }
    let told = figure.data.rows.compactMap { $0[2].value }
    #expect(told == [80, 71, 62.5] && zip(drawn, told).allSatisfy { close($0, $1, 0.3) } && drawn.count == 3, "\(drawn)")
    let whisker = try #require(svg.all("path").first { $0.attributes["class"] == "whisker" }?.attributes["d"])
    let ends = whisker.split(whereSeparator: { "MHv".contains($0) }).compactMap { Double($0.split(separator: ",")[0]) }
    #expect(close(x(ends[0]), 75, 0.3) && close(x(ends[1]), 84, 0.3), "\(whisker)")
  }

  @Test func stackedBarsAreTheirShares() throws {
    let figure = StackedBars(
      id: "x", title: "T", caption: "", rowTitle: "split", partTitle: "class", parts: ["a", "b", "c"],
      rows: [("train", [60, 30, 10]), ("dev", [0, 0, 0]), ("test", [1, 0, 3])]
    ).figure
    #expect(csv(figure).count == 10 && csv(figure)[1] == ["train", "a", "60", "0.6"] && csv(figure)[4][3] == "0.0")
    let widths = read(figure).all("rect").filter { $0.attributes["rx"] == nil && $0.attributes["class"] != "none" }
      .map { number($0, "width") / 376 }
    #expect(zip(widths, [0.6, 0.3, 0.1, 0.25, 0.75]).allSatisfy { close($0, $1, 0.001) } && widths.count == 5, "\(widths)")
  }

  @Test func histogramsCountEveryValueOnce() throws {
    let values = (0..<500).map { ($0 * $0) % 307 }
    let histogram = Histogram(id: "x", title: "T", caption: "", xTitle: "words", yTitle: "sentences", values: values)
    let rows = csv(histogram.figure).dropFirst().map { $0.compactMap { Int($0) } }
    #expect(rows.allSatisfy { row in row[2] == values.count { (row[0]...row[1]).contains($0) } })
    #expect(rows.reduce(0) { $0 + $1[2] } == 500 && zip(rows, rows.dropFirst()).allSatisfy { $0[1] + 1 == $1[0] })
    let svg = read(histogram.figure)
    let heights = svg.all("rect").map { number($0, "height") }
    let counts = rows.map { Double($0[2]) }.filter { $0 > 0 }
    #expect(heights.count == counts.count)
    let unit = heights[0] / counts[0]
    #expect(zip(heights, counts).allSatisfy { close($0, $1 * unit, 0.2) })
    #expect(Histogram(id: "x", title: "T", caption: "", xTitle: "", yTitle: "", values: []).figure.data.rows.isEmpty)
    #expect(Histogram(id: "x", title: "T", caption: "", xTitle: "", yTitle: "", values: [0, 0]).bins.map(\.count) == [2])
  }

  @Test func heatMapsShowEveryCell() throws {
    let map = HeatMap(
      id: "x", title: "T", caption: "", rowTitle: "task", columnTitle: "variation", valueTitle: "F1", rows: ["a", "b"],
      columns: ["x", "y", "z"],
      cells: [
        [.init(mean: 50, std: 1.5, runs: 3), .init(mean: 51, runs: 1), nil],
        [.init(mean: 55.123, runs: 1), .init(mean: 52, runs: 1), .init(mean: 54, runs: 1)],
      ])
    let svg = read(map.figure)
    let shown = svg.all("text").filter { ["ink", "pale"].contains($0.attributes["class"]) }.map(\.text)
    #expect(shown == ["50.00 ± 1.50", "51.00", "55.12", "52.00", "54.00"])
    #expect(csv(map.figure)[1] == ["a", "x", "50.0", "1.5", "3"] && csv(map.figure)[3] == ["a", "z", "", "", "0"])
    // The deepest colour is that of the highest cell.
    let fills = svg.all("rect").compactMap { $0.attributes["fill"] }
    #expect(fills[0] == "#e8f1fa" && fills[2] == "#084882" && Set(fills).count == 5)
  }

  /// Whatever a run came to, it can be drawn.
  @Test(arguments: [
    [1e30, 1e30], [1e308, -1e308], [.infinity, .nan], [-1e-320, 1e-320], [1e16, 1e16 + 2], [9.3e18, 0], [0, 0], [],
  ])
  func scalesHoldAnyNumbers(values: [Double]) {
    for fits in [true, false] {
      let scale = LinearScale(values, count: 5, from: 100, to: 0, fits: fits)
      #expect(scale.ticks.count < 100 && scale.ticks.allSatisfy(\.isFinite), "\(values)")
      #expect(values.filter(\.isFinite).allSatisfy { (0...100).contains(scale($0)) }, "\(values)")
      _ = scale.ticks.map(scale.text)
    }
  }

  @Test func scalesHaveRoundMarks() {
    let scale = LinearScale([41.3, 58.9], count: 5, from: 100, to: 0)
    #expect(scale.ticks.map(scale.text) == ["40", "45", "50", "55", "60"] && scale(40) == 100 && scale(60) == 0)
    #expect(LinearScale([0.5, 0.5], count: 5, from: 0, to: 1)(0.5) == 0.5)
    #expect(LinearScale([0.0012, 0.0031], count: 4, from: 0, to: 1).ticks.map(scale.text).count > 2)
    #expect(LinearScale.niceStep(0.03) == 0.05 && LinearScale.niceStep(7) == 10 && LinearScale.niceStep(0) == 1)
  }

  /// Ink on every shade of a heat map, and lines on their grounds, can be read.
  @Test func coloursStandOut() {
    func luminance(_ hex: String) -> Double {
      let parts = stride(from: 1, to: 7, by: 2).map { i -> Double in
        let start = hex.index(hex.startIndex, offsetBy: i)
        let value = Double(Int(hex[start..<hex.index(start, offsetBy: 2)], radix: 16) ?? 0) / 255
        return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    func contrast(_ a: String, _ b: String) -> Double {
      let (x, y) = (luminance(a), luminance(b))
      return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }
    for style in [PlotStyle.light, .dark] {
      for colour in style.series { #expect(contrast(colour, style.ground) > 3.5, "\(colour)") }
      #expect(contrast(style.text, style.ground) > 7)
    }
    for i in 0...50 {
      let (fill, ink) = HeatMap.colour(Double(i) / 50)
      #expect(contrast(fill, ink == "ink" ? "#060d14" : "#ffffff") > 4, "\(fill)")
    }
  }
}
