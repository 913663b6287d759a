import PluginAPI

/// What the contexts are like, and how F1 depends on their class.
struct ContextsSectionOfReport {
  let report: Report

  init(_ report: Report) { self.report = report }

  /// From what a context should be to what it should not.
  static let classes: [ContextClass] = [.correct, .fail, .denied, .empty]

  var section: ReportSection {
    var section = ReportSection(id: "contexts", title: "Contexts")
    let systems = report.systems.filter { $0.first.contexts != nil }
    guard let first = systems.first else { return section }
    let alone = report.systems.count == 1
    section.figures = [alone ? bySplit(first) : bySystem(systems)] + (alone ? [lengths(first)] : [])
    section.tables = alone ? [byClass(first)] : [lengthTable(systems)]
    return section
  }

  private func counts(_ all: [ContextClass]) -> [Int] { Self.classes.map { kind in all.count { $0 == kind } } }

  private func bars(_ rowTitle: String, _ caption: String, _ rows: [(String, [Int])]) -> Figure {
    StackedBars(
      id: "context-classes", title: "Classes of the contexts", caption: caption, rowTitle: rowTitle, partTitle: "class",
      parts: Self.classes.map(\.rawValue), rows: rows.map { (name: $0.0, counts: $0.1) }
    ).figure
  }

  private func bySplit(_ system: ReportedSystem) -> Figure {
    bars(
      "split", "Fail: fewer than \(system.first.failBelow) distinct words.",
      Corpus.order.compactMap { split in
        // A file of another split that cannot be read takes its bar away, not the report.
        (try? system.first.classes(of: split)).flatMap { $0 }.map { (split, counts($0)) }
      })
  }

  private func bySystem(_ systems: [ReportedSystem]) -> Figure {
    bars(
      "system", "Of the scored sentences. Fail: fewer than \(systems[0].first.failBelow) distinct words.",
      systems.compactMap { system in system.first.classes.map { (system.name, counts($0)) } })
  }

  private func lengths(_ system: ReportedSystem) -> Figure {
    Histogram(
      id: "context-lengths", title: "Lengths of the contexts",
      caption: "Of the \(system.first.split) sentences, in words between white space; an empty context has none.",
      xTitle: "words", yTitle: "sentences", values: (system.first.contexts ?? []).map(contextWordCount)
    ).figure
  }

  private func lengthTable(_ systems: [ReportedSystem]) -> ReportTable {
    var table = ReportTable(
      id: "contexts", title: "Contexts of the scored sentences",
      columns: ["system"] + Self.classes.map(\.rawValue) + ["words, mean", "median", "95 %"], rows: [])
    for system in systems {
      let lengths = (system.first.contexts ?? []).map { Double(contextWordCount($0)) }.sorted()
      table.rows.append(
        [.text(system.name)] + counts(system.first.classes ?? []).map { .count($0) }
          + [
            .number(lengths.reduce(0, +) / Double(max(1, lengths.count)), digits: 1),
            .number(percentile(lengths, 0.5) ?? 0, digits: 0), .number(percentile(lengths, 0.95) ?? 0, digits: 0),
          ])
    }
    return table
  }

  /// F1 of the sentences whose context is of a class.
  private func byClass(_ system: ReportedSystem) -> ReportTable {
    let kinds = system.first.classes ?? []
    let readings = system.readings
    var table = ReportTable(
      id: "f1-by-context-class", title: "F1 by class of the context",
      columns: ["class", "sentences", "entities"] + readings.map { "F1 \($0.title)" }
        + (readings.count > 1 ? ["difference"] : []),
      rows: [])
    for kind in Self.classes {
      let places = kinds.indices.filter { kinds[$0] == kind }
      let some = readings.map { reading in
        (system.counts[reading] ?? []).map { counts in EntityCounts(sentences: places.map { counts.sentences[$0] }) }
      }
      let f1 = some.map { SampleSummary($0.map(\.f1)) }
      let entities = some.first?.first?.sentences.reduce(0) { $0 + Int($1.gold) } ?? 0
      var row: [ReportTable.Cell] = [.text(kind.rawValue), .count(places.count), .count(entities)]
      row += f1.map { entities == 0 ? .nothing : .summary($0) }
      if readings.count > 1 { row.append(entities == 0 ? .nothing : .difference(f1[0].mean - f1[1].mean)) }
      table.rows.append(row)
    }
    table.notes = ["On \(system.first.split), in per cent."]
    return table
  }
}
