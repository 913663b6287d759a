import ArgumentParser

/// What the tables of finished runs are made with, beside the runs.
struct TableOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Published numbers to show beside ours, e.g. Examples/paper/published.yaml.", valueName: "file"))
  var published: String?
  @Option(
    help: ArgumentHelp(
      "Compute BERTScores of the contexts with this encoder's folder; takes minutes a system.", valueName: "folder"))
  var bertscore: String?
  @Option(help: "With --bertscore: the encoder plugin; default: chosen by the model's model_type.") var plugin: String?
  @Option(help: "With --bertscore: compare the states behind this layer; default: the last.") var layer: Int?

  func validate() throws {
    guard bertscore == nil, plugin != nil || layer != nil else { return }
    throw ValidationError("--plugin and --layer say how BERTScores are computed: they need --bertscore")
  }

  /// Whether something is asked for that only tables show.
  var isGiven: Bool { published != nil || bertscore != nil }

  func tables(of runs: [String]) async throws -> ReportTables {
    try await ReportTables(
      runs: runs, published: published.map { try Published(path: $0) } ?? .none,
      similarity: bertscore.map { try ContextSimilarity(model: $0, plugin: plugin, layer: layer) })
  }
}
