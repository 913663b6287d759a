import PluginAPI

/// What is wrong with the predictions of every run, entity by entity.
struct ErrorCounts {
  let report: Report
  /// By system, run, reading and sentence.
  let matchings: [[[Reading: [EntityMatching]]]]

  init(_ report: Report) {
    self.report = report
    matchings = report.systems.map { system in
      system.runs.map { run in
        run.predictions.mapValues { tags in zip(run.gold, tags).map { EntityMatching(gold: $0, predicted: $1) } }
      }
    }
  }

  var section: ReportSection {
    var section = ReportSection(id: "errors", title: "Errors")
    section.tables = [table]
    if report.systems.count == 1 { section.figures = [figure] }
    return section
  }

  /// How many errors of a kind a system makes, the mean over its runs; nil stands for the right ones.
  private func mean(_ system: Int, _ reading: Reading, _ error: TaggingError?) -> Double? {
    let runs = matchings[system].compactMap { $0[reading] }
    guard runs.count == matchings[system].count else { return nil }
    let count = runs.joined().reduce(0) { sum, sentence in
      sum + (error.map { kind in sentence.mistakes.count { $0.error == kind } } ?? sentence.correct.count)
    }
    return Double(count) / Double(runs.count)
  }

  private func cell(_ value: Double, _ runs: Int) -> ReportTable.Cell {
    runs == 1 ? .count(Int(value)) : .number(value, digits: 1)
  }

  private var table: ReportTable {
    var table = ReportTable(
      id: "error-kinds", title: "Kinds of errors",
      columns: (report.systems.count > 1 ? ["system"] : []) + ["sentence read", "right"] + TaggingError.allCases.map(\.words),
      rows: [])
    for (i, system) in report.systems.enumerated() {
      for reading in Reading.allCases {
        let values = ([nil] + TaggingError.allCases.map { $0 }).compactMap { mean(i, reading, $0) }
        guard values.count == TaggingError.allCases.count + 1 else { continue }
        table.rows.append(
          (report.systems.count > 1 ? [.text(system.name)] : []) + [.text(reading.title)]
            + values.map { cell($0, system.runs.count) })
      }
    }
    table.notes = [
      "Entities; each gold entity and each prediction is counted once. Missed: gold, and nothing predicted for it. Spurious: predicted, and no gold entity for it."
        + (report.systems.contains { $0.runs.count > 1 } ? " Means over seeds." : "")
    ]
    return table
  }

  private var figure: Figure {
    let kinds = TaggingError.allCases
    return BarPlot(
      id: "errors-by-kind", title: "Kinds of errors",
      caption: "Entities" + (report.systems[0].runs.count > 1 ? ", the mean over seeds." : "."), rowTitle: "error",
      valueTitle: "entities", rows: kinds.map(\.words),
      series: report.systems[0].readings.map { reading in
        (reading.title, kinds.map { kind in mean(0, reading, kind).map { .init(value: $0) } })
      }, digits: report.systems[0].runs.count > 1 ? 1 : 0
    ).figure
  }
}

extension TaggingError {
  /// As a reader is told.
  var words: String {
    switch self {
    case .boundary: "wrong words"
    case .type: "wrong type"
    case .boundaryAndType: "wrong words and type"
    case .missed: "missed"
    case .spurious: "spurious"
    }
  }
}
