import PluginAPI

/// An encoder that BERTScores are computed with.
struct Similarity: Sendable {
  let model: String
  let score: BERTScore

  init(model: String, plugin: String?, layer: Int?) throws {
    try prepareMachine(threads: nil)
    self.model = String(model.split(separator: "/").last ?? "an encoder") + (layer.map { ", layer \($0)" } ?? "")
    score = try BERTScore(encoder: EncoderOptions.open(model: model, plugin: plugin), layer: layer)
  }

  /// F1 of each context against its sentence.
  func values(_ examples: [Example]) throws -> [Double] {
    try score(candidates: examples.map(\.contextText), references: examples.map { $0.words.joined(separator: " ") }).map(\.f1)
  }
}

/// All tables of finished runs.
struct ReportTables: Sendable {
  let paper: PaperTables
  let analysis: AnalysisTables

  /// Those that have something to show.
  var all: [ReportTable] { paper.all + analysis.all }

  /// What tables there are.
  static let names = [
    "table2", "table3", "table4", "table5", "table6", "table7", "figure3", "mentions", "correlation", "relevance", "gains",
    "by-type", "by-seen", "by-length", "errors",
  ]

  /// Why a table may have nothing to show.
  static func need(of name: String) -> String {
    switch name {
    case "table4": "it needs --published with systems of the same data set, and contexts"
    case "correlation": "it needs --bertscore, and three systems with different contexts"
    case "table2", "by-type", "by-seen", "by-length": "the data files of the runs cannot be read"
    default: "it needs runs with contexts"
    }
  }

  init(systems: [AnalysedSystem], published: Published = .none, similarity: Similarity? = nil) throws {
    var systems = systems
    for i in systems.indices { systems[i].dataset = published.spelling(systems[i].dataset) }
    for (i, label) in AnalysedSystem.labels(systems.map { ($0.dataset, $0.prompt, $0.name) }).enumerated() {
      systems[i].label = label
    }
    var paper = PaperTables(systems: systems, published: published)
    var analysis = AnalysisTables(systems: systems)
    if let similarity {
      paper.bertScoreModel = similarity.model
      for (place, system) in systems.enumerated() {
        guard let corpus = system.corpus, corpus.augmented else { continue }
        Console.shared.talk("BERTScore of the contexts of \(system.name)")
        let train = try similarity.values(corpus.splits["train"] ?? [])
        paper.bertScores[place] = train.reduce(0, +) / Double(max(1, train.count))
        analysis.bertScores[place] = try similarity.values(system.tested)
      }
    }
    self.paper = paper
    self.analysis = analysis
  }

  /// - Parameter runs: run folders, folders of seeds, or grids' folders.
  init(runs: [String], published: Published = .none, similarity: Similarity? = nil) async throws {
    var systems: [AnalysedSystem] = []
    for system in try FinishedSystem.systems(runs) { systems.append(try await AnalysedSystem(system)) }
    try self.init(systems: systems, published: published, similarity: similarity)
  }
}
