import PluginAPI

/// What goes beyond the paper: which contexts help, where, and what errors remain.
struct AnalysisTables: Sendable {
  let systems: [AnalysedSystem]
  /// BERTScore F1 of each test context, by the system's place; empty where they were not asked for.
  var bertScores: [Int: [Double]] = [:]

  /// How each measure of relevance goes together with what the context gains, sentence by sentence.
  var relevance: ReportTable {
    var table = ReportTable(
      id: "relevance", title: "Relevance of a context and what it gains",
      columns: ["data set", "system", "measure", "sentences", "mean", "Pearson", "p of Pearson", "Spearman", "p of Spearman"],
      rows: [])
    var places: [(row: Int, column: Int)] = [], pValues: [Double] = []
    for (place, system) in systems.enumerated() {
      guard let gains = system.gains, let corpus = system.corpus, corpus.augmented else { continue }
      let relevance = ContextRelevance(training: system.trained)
      let values = system.tested.map(relevance.values)
      var measures: [(name: String, values: [Double?])] = [
        ("entity coverage", values.map(\.entityCoverage)), ("novelty", values.map(\.novelty)),
        ("type-cue overlap", values.map(\.typeCueOverlap)), ("distinct words", values.map(\.length)),
      ]
      if let scores = bertScores[place] { measures.append(("BERTScore", scores.map { $0 })) }
      for measure in measures {
        let pairs = zip(measure.values, gains).compactMap { value, gain in value.map { ($0, gain) } }
        guard let pearson = Correlation.pearson(pairs.map(\.0), pairs.map(\.1)),
          let spearman = Correlation.spearman(pairs.map(\.0), pairs.map(\.1))
        else { continue }
        let mean = pairs.reduce(0) { $0 + $1.0 } / Double(pairs.count)
        for (column, correlation) in [(6, pearson), (8, spearman)] {
          guard let p = correlation.pValue else { continue }
          places.append((table.rows.count, column))
          pValues.append(p)
        }
        table.rows.append(
          [
            .text(system.dataset), .text(system.label), .text(measure.name), .count(pairs.count),
            .number(mean, digits: 3),
          ] + ReportTable.cells(pearson) + ReportTable.cells(spearman))
      }
    }
    for (place, p) in zip(places, ManyComparisons.holm(pValues)) {
      table.rows[place.row][place.column] = .probability(p)
    }
    table.notes = [
      "Gain: errors (missed and spurious entities) without context minus errors with it, mean over the runs, of the sentences of the \(systems.split) to which the measure applies.",
      "p-values after Holm's correction over the whole table.",
    ]
    return table
  }

  /// How many sentences contexts help and hurt.
  var gains: ReportTable {
    var table = ReportTable(
      id: "gains", title: "What contexts change, sentence by sentence",
      columns: ["data set", "system", "helped", "hurt", "unchanged", "errors removed", "errors added"], rows: [])
    for system in systems {
      guard let gains = system.gains else { continue }
      table.rows.append(
        [
          .text(system.dataset), .text(system.label), .count(gains.count { $0 > 0 }), .count(gains.count { $0 < 0 }),
          .count(gains.count { $0 == 0 }), .number(gains.filter { $0 > 0 }.reduce(0, +), digits: 1),
          .number(-gains.filter { $0 < 0 }.reduce(0, +), digits: 1),
        ])
    }
    table.notes = ["Sentences of the \(systems.split); errors are the mean over the runs."]
    return table
  }

  /// F1 by a part of the test split.
  func breakdown(_ by: Breakdown) -> ReportTable {
    let title =
      switch by {
      case .type: "F1 by entity type"
      case .seen: "F1 of entities seen in training and of others"
      case .length: "F1 by sentence length"
      case .contextClass: "F1 by class of the context"
      }
    var table = ReportTable(
      id: "by-\(by.rawValue)", title: title,
      columns: ["data set", "system", "group", "entities", "with context", "without", "difference"], rows: [])
    for system in systems {
      guard var corpus = system.corpus else { continue }
      corpus.splits["train"] = system.trained
      for group in by.groups(system.tested, corpus: corpus, failBelow: system.experiment.contexts.failBelow) {
        let support = group.score(system.tested, predictions: system.tested.map(\.tags)).support
        guard support > 0 else { continue }
        let with = system.f1(.with, of: group), without = system.f1(.without, of: group)
        guard !without.isEmpty else { continue }
        let after = SampleSummary(without)
        table.rows.append(
          [
            .text(system.dataset), .text(system.label), .text(group.name), .count(support),
            with.isEmpty ? .nothing : .summary(SampleSummary(with)), .summary(after),
            with.isEmpty ? .nothing : .difference(SampleSummary(with).mean - after.mean),
          ])
      }
    }
    table.notes = ["Micro F1 in per cent on the \(systems.split), mean ± sample standard deviation over the runs."]
    return table
  }

  /// What is wrong with what is wrong.
  var errors: ReportTable {
    let kinds = TaggingError.allCases
    var table = ReportTable(
      id: "errors", title: "Errors by kind",
      columns: ["data set", "system", "context", "correct"] + kinds.map(\.words), rows: [])
    for system in systems {
      let gold = system.system.first.gold
      for reading in system.system.readings {
        let runs = system.system.predictions(reading)
        var correct = 0.0, counts: [TaggingError: Double] = [:]
        for run in runs {
          for (gold, said) in zip(gold, run) {
            let matching = EntityMatching(gold: gold, predicted: said)
            correct += Double(matching.correct.count)
            for mistake in matching.mistakes { counts[mistake.error, default: 0] += 1 }
          }
        }
        let divisor = Double(runs.count)
        table.rows.append(
          [
            .text(system.dataset), .text(system.label), .text(reading.rawValue), .number(correct / divisor, digits: 1),
          ] + kinds.map { .number((counts[$0] ?? 0) / divisor, digits: 1) })
      }
    }
    table.notes = [
      "Entities of the \(systems.split), mean over the runs. Each gold entity and each prediction counts once: exact matches first, then those of the same words, of the same type and overlapping words, of overlapping words."
    ]
    return table
  }
}
