import PluginAPI

/// What the paper says of contexts in a figure and in its text.
extension PaperTables {
  /// Figure 3 as numbers: how long the contexts of the test split are, in words, and the sentences themselves.
  var figure3: ReportTable {
    var table = ReportTable(
      id: "figure3", title: "Figure 3: words of the contexts of the \(systems.split)",
      columns: ["data set", "text", "mean", "5 %", "25 %", "median", "75 %", "95 %", "longest"]
        + Self.bins.map {
          $0.count == 1
            ? "\($0.lowerBound)" : $0.upperBound == .max ? "\($0.lowerBound)+" : "\($0.lowerBound)–\($0.upperBound - 1)"
        },
      rows: [])
    var shown: Set<String> = []
    for system in systems {
      guard let corpus = system.corpus, corpus.augmented else { continue }
      if shown.insert(system.dataset).inserted {
        table.rows.append(Self.lengths(system.dataset, "sentences", system.tested.map(\.words.count)))
      }
      let words = system.tested.map { contextWords($0.contextText, punctuationApart: false).count }
      table.rows.append(Self.lengths(system.dataset, system.label, words))
    }
    table.notes = ["Words between white space, before any cut; behind the quantiles: how many texts have so many words."]
    return table
  }

  private static let bins: [Range<Int>] = [0..<1] + stride(from: 1, to: 301, by: 50).map { $0..<$0 + 50 } + [301..<Int.max]

  private static func lengths(_ dataset: String, _ name: String, _ lengths: [Int]) -> [ReportTable.Cell] {
    let sorted = lengths.sorted()
    func quantile(_ percent: Int) -> ReportTable.Cell {
      sorted.isEmpty ? .nothing : .count(sorted[max(0, (sorted.count * percent + 99) / 100 - 1)])
    }
    let mean = Double(sorted.reduce(0, +)) / Double(max(1, sorted.count))
    return [.text(dataset), .text(name), .number(mean, digits: 1)] + [5, 25, 50, 75, 95, 100].map(quantile)
      + bins.map { bin in .count(sorted.count { bin.contains($0) }) }
  }

  /// The share of the gold entities that stand in their sentence's context.
  var mentions: ReportTable {
    var table = ReportTable(
      id: "mentions", title: "Entities that stand in the context", columns: ["data set", "contexts", "train", "dev", "test"],
      rows: [])
    for system in systems {
      guard let corpus = system.corpus, corpus.augmented else { continue }
      let shares = Corpus.order.map { split -> ReportTable.Cell in
        guard let examples = corpus.splits[split] else { return .nothing }
        var entities = 0, mentioned = 0
        for example in examples {
          let context = GoldEntities.words(example.contextText)
          for entity in Entity.entities(in: example.tags) {
            entities += 1
            let name = GoldEntities.words(example.words[entity.words].joined(separator: " "))
            if GoldEntities.contains(context, name) { mentioned += 1 }
          }
        }
        return entities > 0 ? .percentage(Double(mentioned) / Double(entities)) : .nothing
      }
      table.rows.append([.text(system.dataset), .text(system.label)] + shares)
    }
    table.notes = [
      "Per cent, word for word in any case. The paper says 60 for its contexts and 44 for Google's, without saying of which split."
    ]
    return table
  }

  /// How F1 goes together with BERTScore over the systems of a data set.
  var correlation: ReportTable {
    var table = ReportTable(
      id: "correlation", title: "Correlation of F1 and BERTScore over the systems",
      columns: ["data set", "systems", "Pearson", "p of Pearson", "Spearman", "p of Spearman"], rows: [])
    let sets = systems.map(\.dataset).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    for dataset in sets {
      let places = systems.indices.filter { systems[$0].dataset == dataset && bertScores[$0] != nil }
      let pairs = places.compactMap { place -> (Double, Double)? in
        guard let f1 = systems[place].f1(.with), let score = bertScores[place] else { return nil }
        return (score, f1.mean)
      }
      guard let pearson = Correlation.pearson(pairs.map(\.0), pairs.map(\.1)),
        let spearman = Correlation.spearman(pairs.map(\.0), pairs.map(\.1))
      else { continue }
      table.rows.append([.text(dataset), .count(pairs.count)] + ReportTable.cells(pearson) + ReportTable.cells(spearman))
    }
    table.notes = ["The paper finds no significant correlation on WNUT17."]
    return table
  }
}

extension ReportTable {
  /// Coefficient and p-value.
  static func cells(_ correlation: Correlation?) -> [Cell] {
    guard let correlation else { return [.nothing, .nothing] }
    return [
      .number(correlation.coefficient, digits: 3), correlation.pValue.map { .probability($0) } ?? .nothing,
    ]
  }
}
