/// The numbers that matter first, and what they are made of.
struct ResultsSection {
  let report: Report

  init(_ report: Report) { self.report = report }

  var section: ReportSection {
    var section = ReportSection(id: "results", title: "Results")
    if report.systems.count == 1 {
      section.lead = cards(report.systems[0])
      section.figures = [byType(report.systems[0])].compactMap { $0 }
      section.tables = [scores(report.systems[0]), types(report.systems[0])]
    } else {
      section.lead = element("p", ["class": "soft"]) { spreadWords }
      section.figures = heatMaps + [bySystem]
      section.tables = [comparison, gains, typesBySystem].compactMap { $0 }
    }
    return section
  }

  // MARK: One system

  private func cards(_ system: ReportedSystem) -> Markup {
    element("dl", ["class": "cards"]) {
      for reading in system.readings {
        card(
          "F1 " + (system.readings.count > 1 ? reading.title : ""), system.f1[reading].map { percent($0.mean) } ?? "",
          system.intervals[reading].map { "95 % interval \(percent($0.low)) – \(percent($0.high))" }
            ?? system.f1[reading]?.std.map { "± \(percent($0)) over \(system.runs.count) seeds" } ?? "")
      }
      if let gain = system.gain {
        card(
          "What the context changes", ReportTable.Cell.difference(gain.difference).shown,
          "95 % interval \(ReportTable.Cell.interval(low: gain.low, high: gain.high, signed: true).shown), "
            + "p = \(probability(gain.randomisationP))")
      }
    }
      + element("p", ["class": "notes"]) { spreadWords }
  }

  private func card(_ name: String, _ value: String, _ spread: String) -> Markup {
    element("div", ["class": "card"]) {
      element("dt") { name }
      element("dd", ["class": "value"]) { value }
      element("dd", ["class": "spread"]) { spread }
    }
  }

  /// What the spreads mean.
  private var spreadWords: String {
    let single = report.systems.contains { $0.runs.count == 1 }, several = report.systems.contains { $0.runs.count > 1 }
    return [
      single
        ? "Intervals of one run: percentiles 2.5 and 97.5 over \(Report.samples) bootstrap samples of the sentences; they say nothing of the seed."
        : nil,
      several ? "±: the sample standard deviation over seeds, around their mean." : nil,
      "p: approximate randomisation over sentences, \(Report.samples) samples, two-sided.",
    ].compactMap { $0 }.joined(separator: " ")
  }

  /// Precision, recall and F1 of every split.
  private func scores(_ system: ReportedSystem) -> ReportTable {
    var table = ReportTable(
      id: "scores", title: "Scores", columns: ["split", "sentence read", "precision", "recall", "F1", "macro F1", "entities"],
      rows: [])
    for split in Corpus.order {
      for reading in Reading.allCases {
        let scores = system.runs.compactMap { reading == .with ? $0.results[split]?.with : $0.results[split]?.without }
        guard scores.count == system.runs.count, let first = scores.first else { continue }
        let means = [scores.map(\.micro.precision), scores.map(\.micro.recall), scores.map(\.micro.f1), scores.map(\.macro.f1)]
        table.rows.append(
          [.text(split), .text(reading.title)] + means.map { .summary(SampleSummary($0)) } + [.count(first.micro.support)])
      }
    }
    table.notes = ["The model of the best epoch, in per cent; macro F1 is the mean over types."]
    return table
  }

  private func types(_ system: ReportedSystem) -> ReportTable {
    let readings = system.readings
    var table = ReportTable(
      id: "types", title: "Scores by type",
      columns: ["type", "entities"]
        + readings.flatMap { reading in ["precision", "recall", "F1"].map { "\($0) \(reading.rawValue)" } }
        + (readings.count > 1 ? ["difference"] : []), rows: [])
    for type in typeNames {
      let scores = readings.map { typeScores(system, $0, type) }
      var row: [ReportTable.Cell] = [.text(type), .count(scores[0].first?.support ?? 0)]
      for score in scores {
        row += [score.map(\.precision), score.map(\.recall), score.map(\.f1)].map { .summary(SampleSummary($0)) }
      }
      if readings.count > 1 {
        row.append(.difference(SampleSummary(scores[0].map(\.f1)).mean - SampleSummary(scores[1].map(\.f1)).mean))
      }
      table.rows.append(row)
    }
    table.notes = ["On \(system.first.split), in per cent."]
    return table
  }

  private func byType(_ system: ReportedSystem) -> Figure? {
    guard !typeNames.isEmpty else { return nil }
    return BarPlot(
      id: "f1-by-type", title: "F1 by type",
      caption: "On \(system.first.split), in per cent."
        + (system.runs.count > 1 ? " Whiskers: ± sample standard deviation over seeds." : ""),
      rowTitle: "type", valueTitle: "F1", rows: typeNames,
      series: system.readings.map { reading in
        (
          reading.title,
          typeNames.map { type in
            let f1 = SampleSummary(typeScores(system, reading, type).map { $0.f1 * 100 })
            return .init(value: f1.mean, low: f1.std.map { f1.mean - $0 }, high: f1.std.map { f1.mean + $0 })
          }
        )
      }, bounds: 0...100
    ).figure
  }

  // MARK: Several systems

  private var bySystem: Figure {
    BarPlot(
      id: "f1-by-system", title: "F1 by system",
      caption:
        "On \(report.systems[0].first.split), in per cent. Whiskers: ± sample standard deviation over seeds; of a single run, "
        + "its 95 % bootstrap interval.", rowTitle: "system", valueTitle: "F1", rows: report.systems.map(\.name),
      series: readings.map { reading in (reading.title, report.systems.map { $0.bar(reading) }) }, marks: .dots, bounds: 0...100
    ).figure
  }

  /// One for each reading, the last axis across; a single axis goes down, with the readings beside each other.
  private var heatMaps: [Figure] {
    guard let grid = report.grid, let last = grid.axes.last else { return [] }
    let outer = grid.axes.dropLast().filter { $0.labels.count > 1 || grid.axes.count == 2 }
    if outer.isEmpty {
      return [
        heatMap(
          id: "f1-by-cell", title: "F1 by cell", rowTitle: last.path, columnTitle: "sentence read", rows: last.labels,
          columns: readings.map(\.title)
        ) { row, column in
          f1(readings[column]) { $0[last.path] == last.labels[row] }
        }
      ]
    }
    func rowName(_ values: [String: String]) -> String { outer.map { values[$0.path] ?? "" }.joined(separator: ", ") }
    let rows = grid.cells.map { rowName($0.values) }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return readings.map { reading in
      heatMap(
        id: "f1-by-cell-\(reading.rawValue)", title: "F1 by cell, \(reading.title)",
        rowTitle: outer.map(\.path).joined(separator: ", "), columnTitle: last.path, rows: rows, columns: last.labels
      ) { row, column in
        f1(reading) { rowName($0) == rows[row] && $0[last.path] == last.labels[column] }
      }
    }
  }

  private func heatMap(
    id: String, title: String, rowTitle: String, columnTitle: String, rows: [String], columns: [String],
    value: (Int, Int) -> SampleSummary?
  ) -> Figure {
    HeatMap(
      id: id, title: title,
      caption:
        "On \(report.systems[0].first.split), in per cent, mean ± sample standard deviation over seeds. Deeper is higher.",
      rowTitle: rowTitle, columnTitle: columnTitle, valueTitle: "F1", rows: rows, columns: columns,
      cells: rows.indices.map { row in
        columns.indices.map { column in
          value(row, column).map { .init(mean: $0.mean * 100, std: $0.std.map { $0 * 100 }, runs: $0.count) }
        }
      }
    ).figure
  }

  /// Of the grid's cell with such values; nil where it is not finished.
  private func f1(_ reading: Reading, of values: ([String: String]) -> Bool) -> SampleSummary? {
    report.grid?.cells.first { values($0.values) }?.system.flatMap { report.systems[$0].f1[reading] }
  }

  /// Every system beside the first.
  private var comparison: ReportTable {
    let hasIntervals = report.systems.contains { !$0.intervals.isEmpty }
    var table = ReportTable(
      id: "systems", title: "Systems",
      columns: ["system", "sentence read", "runs", "F1"] + (hasIntervals ? ["95 % of one run"] : [])
        + ["difference to the first", "95 % of it", "p", "p Holm"], rows: [], best: [3])
    let places = readings.flatMap { reading in report.systems.indices.map { (reading: reading, system: $0) } }
      .filter { report.systems[$0.system].f1[$0.reading] != nil }
    let comparisons = inParallel(places.count) { i -> PairedComparison? in
      let place = places[i]
      guard place.system > 0, let base = report.systems[0].counts[place.reading] else { return nil }
      return report.systems[place.system].counts[place.reading].map { PairedComparison(base, $0, samples: Report.samples) }
    }
    for (place, comparison) in zip(places, comparisons) {
      let system = report.systems[place.system]
      var row: [ReportTable.Cell] = [
        .text(system.name), .text(place.reading.title), .count(system.runs.count),
        system.f1[place.reading].map { .summary($0) } ?? .nothing,
      ]
      if hasIntervals {
        row.append(system.intervals[place.reading].map { .interval(low: $0.low, high: $0.high, signed: false) } ?? .nothing)
      }
      table.rows.append(row + cells(comparison))
    }
    correct(&table)
    table.notes = [
      "In per cent. Differences are to \(report.systems[0].name), their intervals over samples of the sentences; p Holm takes all comparisons of the table into account."
    ]
    return table
  }

  /// What its context changes for each system.
  private var gains: ReportTable? {
    let systems = report.systems.filter { $0.gain != nil }
    guard !systems.isEmpty else { return nil }
    var table = ReportTable(
      id: "gains-of-context", title: "What the context changes",
      columns: ["system", "F1 with context", "F1 without context", "difference", "95 % of it", "p", "p Holm"],
      rows: systems.map { system in
        [.text(system.name)] + Reading.allCases.map { system.f1[$0].map { .summary($0) } ?? .nothing } + cells(system.gain)
      }, best: [3])
    correct(&table)
    table.notes = ["In per cent; the same runs, read with context and without."]
    return table
  }

  /// Difference, interval, p, and a place for p after the correction.
  private func cells(_ comparison: PairedComparison?) -> [ReportTable.Cell] {
    guard let comparison else { return [.nothing, .nothing, .nothing, .nothing] }
    return [
      .difference(comparison.difference), .interval(low: comparison.low, high: comparison.high, signed: true),
      .probability(comparison.randomisationP), .nothing,
    ]
  }

  /// Fills the last column by Holm's correction of the one before.
  private func correct(_ table: inout ReportTable) {
    let last = table.columns.count - 1
    let tested = table.rows.indices.filter { table.rows[$0][last - 1] != .nothing }
    let corrected = ManyComparisons.holm(tested.compactMap { table.rows[$0][last - 1].value })
    for (i, p) in zip(tested, corrected) { table.rows[i][last] = .probability(p) }
  }

  private var typesBySystem: ReportTable {
    let reading = readings[0]
    return ReportTable(
      id: "types", title: "F1 by type, \(reading.title)", columns: ["system"] + typeNames,
      rows: report.systems.filter { $0.f1[reading] != nil }.map { system in
        [.text(system.name)] + typeNames.map { type in .summary(SampleSummary(typeScores(system, reading, type).map(\.f1))) }
      }, notes: ["On \(report.systems[0].first.split), in per cent."], best: Set(1..<typeNames.count + 1))
  }

  // MARK: What all need

  private var readings: [Reading] { Reading.allCases.filter { reading in report.systems.contains { $0.f1[reading] != nil } } }

  /// The types of gold entities and of those that were predicted.
  private var typeNames: [String] {
    let all = report.systems.flatMap(\.runs).flatMap { run in [run.results[run.split]?.with, run.results[run.split]?.without] }
    return Set(all.compactMap { $0 }.flatMap(\.types.keys)).sorted()
  }

  /// One a run.
  private func typeScores(_ system: ReportedSystem, _ reading: Reading, _ type: String) -> [Score] {
    system.runs.compactMap { run in
      let scores = reading == .with ? run.results[run.split]?.with : run.results[run.split]?.without
      return scores.map { $0.types[type] ?? Score(correct: 0, predicted: 0, gold: 0) }
    }
  }
}
