/// How training went: F1 on dev by epoch, the loss by step.
struct CurvesSection {
  let report: Report

  init(_ report: Report) { self.report = report }

  /// Points of a curve at most; more are averaged.
  private static let most = 200

  var section: ReportSection {
    var section = ReportSection(id: "curves", title: "Learning curves")
    section.figures = (report.systems.count == 1 ? alone(report.systems[0]) : compared).filter { !$0.data.rows.isEmpty }
    return section
  }

  private func alone(_ system: ReportedSystem) -> [Figure] {
    let several = system.runs.count > 1
    let spread = several ? " Bands: ± sample standard deviation over seeds." : ""
    var series = [
      line("dev, with context", system, colour: 0) { $0.with }, line("dev, without context", system, colour: 1) { $0.without },
      line("test, with context", system, colour: 2) { $0.testWith },
      line("test, without context", system, colour: 3) { $0.testWithout },
    ].filter { !$0.points.isEmpty }
    // Dashes tell the two readings apart where colours do not.
    for i in series.indices where series[i].name.hasSuffix("without context") { series[i].dashed = true }
    let best = several ? "" : system.first.results.bestEpoch.map { " The model of epoch \($0) was chosen." } ?? ""
    return [
      LinePlot(
        id: "f1-by-epoch", title: "F1 by epoch", caption: "In per cent.\(best)\(spread)", xTitle: "epoch", yTitle: "F1",
        series: series, bounds: 0...100
      ).figure,
      lossPlot(system, spread),
      gradientPlot(system),
    ]
  }

  private func lossPlot(_ system: ReportedSystem, _ spread: String) -> Figure {
    let steps = system.first.metrics.steps
    let parts = Set(steps.flatMap(\.parts.keys)).sorted()
    let width = bucket(steps.count)
    let series =
      [LinePlot.Series(name: "loss", points: averaged(steps) { $0.loss }, colour: 0)]
      + parts.enumerated().map { i, part in
        LinePlot.Series(name: part, points: averaged(steps) { $0.parts[part] ?? 0 }, colour: i + 1)
      }
    return LinePlot(
      id: "loss-by-step", title: "Loss by step",
      caption: (width > 1 ? "Means of \(width) logged steps; every tenth is logged." : "Every tenth step.")
        + " The parts add up to the loss." + (system.runs.count > 1 ? " Of \(system.first.folder)." : ""),
      xTitle: "step", yTitle: "loss", series: steps.isEmpty ? [] : series
    ).figure
  }

  private func gradientPlot(_ system: ReportedSystem) -> Figure {
    let steps = system.first.metrics.steps
    return LinePlot(
      id: "gradient-norm-by-step", title: "Gradient norm by step",
      caption: "Before clipping." + (system.runs.count > 1 ? " Of \(system.first.folder)." : ""), xTitle: "step",
      yTitle: "norm",
      series: steps.isEmpty ? [] : [.init(name: "gradient norm", points: averaged(steps) { $0.gradientNorm }, colour: 4)]
    ).figure
  }

  /// One line a system; the best are coloured.
  private var compared: [Figure] {
    let order = report.systems.indices.sorted { a, b in (f1AtTheEnd(report.systems[a]), b) > (f1AtTheEnd(report.systems[b]), a)
    }
    let colours = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    let grey = report.systems.count > PlotStyle.most ? " The best \(PlotStyle.most) at the end are coloured." : ""
    return [("with", "with context"), ("without", "without context")].map { id, words in
      LinePlot(
        id: "f1-by-epoch-\(id)", title: "F1 on dev by epoch, \(words)", caption: "In per cent, the mean over seeds.\(grey)",
        xTitle: "epoch", yTitle: "F1",
        series: order.map { i in
          var series = line(report.systems[i].name, report.systems[i], colour: colours[i] ?? i) {
            id == "with" ? $0.with : $0.without
          }
          for j in series.points.indices { (series.points[j].low, series.points[j].high) = (nil, nil) }
          return series
        }.filter { !$0.points.isEmpty }, bounds: 0...100
      ).figure
    }
  }

  /// The mean over the runs.
  private func f1AtTheEnd(_ system: ReportedSystem) -> Double {
    system.runs.reduce(0) { $0 + ($1.metrics.epochs.last?.without ?? 0) } / Double(system.runs.count)
  }

  /// The mean over the runs that reached an epoch.
  private func line(
    _ name: String, _ system: ReportedSystem, colour: Int, _ value: (EpochRow) -> Double?
  ) -> LinePlot.Series {
    var byEpoch: [Int: [Double]] = [:]
    for row in system.runs.flatMap(\.metrics.epochs) {
      if let value = value(row) { byEpoch[row.epoch, default: []].append(value * 100) }
    }
    let points = byEpoch.sorted { $0.key < $1.key }.map { epoch, values in
      let f1 = SampleSummary(values)
      return LinePlot.Point(
        x: Double(epoch), y: f1.mean, low: f1.std.map { f1.mean - $0 }, high: f1.std.map { f1.mean + $0 })
    }
    return LinePlot.Series(name: name, points: points, colour: colour)
  }

  private func bucket(_ count: Int) -> Int { max(1, (count + Self.most - 1) / Self.most) }

  private func averaged(_ steps: [StepRow], _ value: (StepRow) -> Double) -> [LinePlot.Point] {
    let size = bucket(steps.count)
    return stride(from: 0, to: steps.count, by: size).map { start in
      let some = steps[start..<min(start + size, steps.count)]
      return LinePlot.Point(
        x: Double(some.map(\.step).max() ?? 0), y: some.map(value).reduce(0, +) / Double(some.count))
    }
  }
}
