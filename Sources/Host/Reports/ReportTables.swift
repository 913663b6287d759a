import PluginAPI

/// The tables of finished runs.
struct ReportTables: Sendable {
  let paper: PaperTables
  let analysis: AnalysisTables

  /// How each is made, in the order in which they are shown.
  private static let makers: [(name: String, make: @Sendable (ReportTables) -> ReportTable)] = [
    ("table2", { $0.paper.table2 }), ("table3", { $0.paper.table3 }), ("table4", { $0.paper.table4 }),
    ("table5", { $0.paper.table5 }), ("table6", { $0.paper.table6 }), ("table7", { $0.paper.table7 }),
    ("figure3", { $0.paper.figure3 }), ("mentions", { $0.paper.mentions }), ("correlation", { $0.paper.correlation }),
    ("relevance", { $0.analysis.relevance }), ("gains", { $0.analysis.gains }),
    ("by-type", { $0.analysis.breakdown(.type) }), ("by-seen", { $0.analysis.breakdown(.seen) }),
    ("by-length", { $0.analysis.breakdown(.length) }), ("errors", { $0.analysis.errors }),
  ]

  /// What tables there are.
  static var names: [String] { makers.map(\.name) }

  /// Those of these names that have something to show, in the order of the names.
  func made(_ names: [String] = names) -> [ReportTable] {
    let chosen = names.compactMap { name in Self.makers.first { $0.name == name }?.make }
    return inParallel(chosen.count) { chosen[$0](self) }.filter { !$0.rows.isEmpty }
  }

  /// Why a table may have nothing to show.
  static func need(of name: String) -> String {
    switch name {
    case "table4": "it needs --published with systems of the same data set, and contexts"
    case "correlation": "it needs --bertscore, and three systems with different contexts"
    case "table2", "by-type", "by-seen", "by-length": "the data files of the runs cannot be read"
    default: "it needs runs with contexts"
    }
  }

  init(systems: [AnalysedSystem], published: Published = .none, similarity: ContextSimilarity? = nil) throws {
    var systems = systems
    for i in systems.indices { systems[i].dataset = published.spelling(systems[i].dataset) }
    for (i, label) in AnalysedSystem.labels(systems.map { ($0.dataset, $0.prompt, $0.name) }).enumerated() {
      systems[i].label = label
    }
    var paper = PaperTables(systems: systems, published: published)
    var analysis = AnalysisTables(systems: systems)
    if var similarity {
      paper.bertScoreModel = similarity.model
      for (place, system) in systems.enumerated() {
        guard let corpus = system.corpus, corpus.augmented else { continue }
        Console.shared.talk("BERTScore of the contexts of \(system.name)")
        let train = try similarity.scores(of: corpus.splits["train"] ?? [])
        paper.bertScores[place] = train.reduce(0, +) / Double(max(1, train.count))
        analysis.bertScores[place] = try similarity.scores(of: system.tested)
      }
    }
    self.paper = paper
    self.analysis = analysis
  }

  /// - Parameter runs: run folders, folders of seeds, or grids' folders.
  init(runs: [String], published: Published = .none, similarity: ContextSimilarity? = nil) async throws {
    let finished = try FinishedSystem.systems(runs)
    let systems = try await withThrowingTaskGroup(of: (Int, AnalysedSystem).self) { group in
      for (place, system) in finished.enumerated() { group.addTask { (place, try await AnalysedSystem(system)) } }
      return try await group.reduce(into: [Int: AnalysedSystem]()) { $0[$1.0] = $1.1 }
    }
    try self.init(
      systems: finished.indices.compactMap { systems[$0] }, published: published, similarity: similarity)
  }
}
