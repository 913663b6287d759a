import PluginAPI

/// The tables of the CALM paper from finished systems, published numbers beside ours where there are any.
struct PaperTables: Sendable {
  let systems: [AnalysedSystem]
  let published: Published
  /// Mean BERTScore F1 of the training contexts against their sentences, by the system's place; empty where it was not asked for.
  var bertScores: [Int: Double] = [:]
  /// What they were computed with, for the note.
  var bertScoreModel = ""

  /// Data sets in the order in which the systems bring them.
  private var datasets: [String] {
    systems.map(\.dataset).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  // MARK: Table 2

  var table2: ReportTable {
    var table = ReportTable(
      id: "table2", title: "Table 2: data sets", columns: ["data set", "types", "train", "dev", "test", "entities of train"],
      rows: [])
    for dataset in datasets {
      guard let corpus = systems.first(where: { $0.dataset == dataset && $0.corpus != nil })?.corpus else { continue }
      let types = Set((corpus.splits["train"] ?? []).flatMap { Entity.entities(in: $0.tags).map(\.type) })
      func size(_ split: String) -> ReportTable.Cell { corpus.splits[split].map { .count($0.count) } ?? .nothing }
      let entities = (corpus.splits["train"] ?? []).reduce(0) { $0 + Entity.entities(in: $1.tags).count }
      table.rows.append(
        [.text(dataset), .count(types.count), size("train"), size("dev"), size("test"), .count(entities)])
      if let given = published.sizes.first(where: { Published.same($0.dataset, dataset) }) {
        table.rows.append([.text("  published")] + given.counts.map { .count($0) } + [.nothing])
      }
    }
    table.notes = ["Sentences a split; -DOCSTART- lines are not counted here."]
    return table
  }

  // MARK: Table 3

  /// A row a system that has contexts; for each data set its F1 with them and, where they were computed, BERTScores.
  var table3: ReportTable {
    var table = ReportTable(id: "table3", title: "Table 3: F1 by prompt, with context", columns: ["system"], rows: [])
    let places = systems.indices.filter { systems[$0].f1(.with) != nil }
    let labels = places.map { systems[$0].label }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let scored = !bertScores.isEmpty
    let datasets = datasets.filter { dataset in places.contains { systems[$0].dataset == dataset } }
    func given(_ place: Int) -> Published.Value? {
      published["table3", systems[place].dataset, systems[place].publishedName]
    }
    let comparable = Set(places.filter { given($0) != nil }.map { systems[$0].dataset })
    for dataset in datasets {
      table.best.insert(table.columns.count)
      table.columns +=
        ["\(dataset) F1", "runs"] + (scored ? ["BERTScore"] : [])
        + (comparable.contains(dataset) ? ["published F1", "difference"] + (scored ? ["published BERTScore"] : []) : [])
    }
    for label in labels {
      var row: [ReportTable.Cell] = [.text(label)]
      for dataset in datasets {
        let place = places.first { systems[$0].dataset == dataset && systems[$0].label == label }
        let f1 = place.flatMap { systems[$0].f1(.with) }
        row += [f1.map { .summary($0) } ?? .nothing, place.map { .count(systems[$0].system.runs.count) } ?? .nothing]
        if scored { row.append(place.flatMap { bertScores[$0] }.map { .number($0, digits: 4) } ?? .nothing) }
        guard comparable.contains(dataset) else { continue }
        let given = place.flatMap(given)
        row.append(given.map(Self.cell) ?? .nothing)
        row.append(f1.flatMap { ours in given?.f1.map { .difference(ours.mean - $0) } } ?? .nothing)
        if scored { row.append(given?.bertScore.map { .number($0, digits: 4) } ?? .nothing) }
      }
      table.rows.append(row)
    }
    table.notes = ["Micro F1 in per cent on the \(systems.split), mean ± sample standard deviation over the runs."]
    if scored {
      table.notes.append(
        "BERTScore: mean F1 of the training contexts against their sentences by \(bertScoreModel); empty contexts count 0. "
          + "The published ones are by roberta-large: they cannot be compared with those of another model.")
    }
    return table
  }

  private static func cell(_ value: Published.Value) -> ReportTable.Cell {
    guard let f1 = value.f1 else { return .nothing }
    guard let std = value.std else { return .percentage(f1) }
    var summary = SampleSummary([f1])
    summary.std = std
    return .summary(summary)
  }

  // MARK: Tables 4 and 5

  /// Our best system of each data set among the published ones.
  var table4: ReportTable {
    var table = ReportTable(
      id: "table4", title: "Table 4: against published systems", columns: ["data set", "system", "F1"], rows: [])
    var chosen = false
    for dataset in datasets {
      let given = published.rows("table4", dataset)
      guard !given.isEmpty else { continue }
      var rows = given.map { (name: "published: " + $0.name, cell: Self.cell($0.value)) }
      let own = systems.filter { $0.dataset == dataset && $0.f1(.with) != nil }
      if let best = own.max(by: { ($0.f1(.with)?.mean ?? 0) < ($1.f1(.with)?.mean ?? 0) }), let f1 = best.f1(.with) {
        rows.append(("here: \(best.label)" + (own.count > 1 ? ", the best of \(own.count)" : ""), .summary(f1)))
        chosen = chosen || own.count > 1
      }
      rows.sort { ($0.cell.value ?? 0) < ($1.cell.value ?? 0) }
      table.rows += rows.map { [.text(dataset), .text($0.name), $0.cell] }
    }
    table.notes =
      ["Micro F1 in per cent on the \(systems.split), with context."]
      + (chosen ? ["The best of several was chosen on the same sentences: such a maximum is biased upwards."] : [])
    return table
  }

  /// Each system with its context and without.
  var table5: ReportTable {
    var table = ReportTable(
      id: "table5", title: "Table 5: with and without context",
      columns: ["data set", "system", "with context", "without", "difference", "p"], rows: [], best: [2, 3])
    var pValues: [Double] = []
    for system in systems {
      guard let without = system.f1(.without) else { continue }
      let with = system.f1(.with)
      var p: Double?
      if let a = system.system.counts[.without], let b = system.system.counts[.with] {
        p = PairedComparison(a, b, samples: Report.samples).randomisationP
      }
      if let p { pValues.append(p) }
      table.rows.append(
        [
          .text(system.dataset), .text(system.label), with.map { .summary($0) } ?? .nothing,
          .summary(without), with.map { .difference($0.mean - without.mean) } ?? .nothing,
          p.map { .probability($0) } ?? .nothing,
        ])
    }
    // Holm's correction over all rows that were tested.
    var corrected = ManyComparisons.holm(pValues)[...]
    for i in table.rows.indices where table.rows[i][5] != .nothing {
      table.rows[i][5] = corrected.popFirst().map { .probability($0) } ?? .nothing
    }
    for dataset in datasets {
      let given = published.rows("table5", dataset)
      for row in given where row.name.hasSuffix(" with context") {
        let name = String(row.name.dropLast(" with context".count))
        let without = given.first { $0.name == name + " without context" }?.value
        table.rows.append(
          [
            .text(dataset), .text("published: " + name), Self.cell(row.value),
            without.map(Self.cell) ?? .nothing,
            row.value.f1.flatMap { with in without?.f1.map { .difference(with - $0) } } ?? .nothing, .nothing,
          ])
      }
    }
    table.notes = [
      "F1 in per cent on the \(systems.split). p: approximate randomisation over sentences, \(Report.samples) samples, after Holm's correction over the rows."
    ]
    return table
  }

  // MARK: Tables 6 and 7

  /// The classes of the training contexts.
  var table6: ReportTable {
    var table = ReportTable(
      id: "table6", title: "Table 6: classes of the training contexts",
      columns: ["data set", "contexts", "empty", "denied", "fail", "correct", "share correct"], rows: [])
    for system in systems {
      guard let corpus = system.corpus, corpus.augmented, let train = corpus.splits["train"] else { continue }
      let counts = ClassCounts(train.map(\.contextText), failBelow: system.experiment.contexts.failBelow)
      table.rows.append(
        Self.classRow(system.dataset, system.label, [counts.empty, counts.denied, counts.fail, counts.correct]))
      if Published.same(system.dataset, "wnut17"),
        let given = published.classes.first(where: { $0.name == system.publishedName })
      {
        table.rows.append(Self.classRow(system.dataset, "  published", given.counts))
      }
    }
    let threshold = systems.first?.experiment.contexts.failBelow ?? ContextsSection.standardFailBelow
    table.notes = [
      "Fail: fewer than \(threshold) distinct words. The paper's text says 15, its Table 6 was made with 20. All training sentences are counted."
    ]
    return table
  }

  private static func classRow(_ dataset: String, _ name: String, _ counts: [Int]) -> [ReportTable.Cell] {
    let total = counts.reduce(0, +)
    return [.text(dataset), .text(name)] + counts.map { .count($0) }
      + [total > 0 ? .percentage(Double(counts[3]) / Double(total)) : .nothing]
  }

  /// F1 with context by the class of the sentence's context.
  var table7: ReportTable {
    let classes = ContextClass.allCases
    var table = ReportTable(
      id: "table7", title: "Table 7: F1 by class of the context", columns: ["data set", "system"] + classes.map(\.rawValue),
      rows: [])
    for system in systems where system.system.counts[.with] != nil {
      guard let corpus = system.corpus else { continue }
      let groups = Breakdown.contextClass.groups(
        system.tested, corpus: corpus, failBelow: system.experiment.contexts.failBelow)
      table.rows.append(
        [.text(system.dataset), .text(system.label)]
          + groups.map { $0.sentences == 0 ? .nothing : .summary(SampleSummary(system.f1(.with, of: $0))) })
      table.rows.append([.text(system.dataset), .text("  sentences")] + groups.map { .count($0.sentences) })
      if Published.same(system.dataset, "wnut17"),
        let given = published.byClass.first(where: { $0.name == system.publishedName })
      {
        table.rows.append([.text(system.dataset), .text("  published")] + given.values.map { .percentage($0) })
      }
    }
    table.notes = ["Micro F1 in per cent of the sentences of the \(systems.split) whose context is of the class."]
    return table
  }
}
