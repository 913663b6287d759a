import PluginAPI

/// The runs of a grid and how long they may take, from a few training steps of one of them; nothing is run or asked for.
struct GridForecast {
  let grid: Grid

  init(_ grid: Grid) { self.grid = grid }

  private struct Listed: Encodable {
    var run: String
    var values: [String: String]
    var seed: UInt64?
    /// Nil where contexts that are not made yet would have to be asked for.
    var seconds: Double?
  }

  func print(_ format: OutputFormat) async throws {
    var rows: [Listed] = []
    for cell in grid.cells {
      guard let first = cell.runs.first else { continue }
      let seconds = try await Self.seconds(first.experiment)
      rows += cell.runs.map {
        Listed(
          run: $0.folder, values: Dictionary(cell.values.map { ($0.path, $0.label) }) { $1 }, seed: $0.seed, seconds: seconds)
      }
    }
    if format == .json { return Console.shared.result(prettyJSON(rows)) }
    let total = rows.compactMap(\.seconds).reduce(0, +), unknown = rows.count { $0.seconds == nil }
    Console.shared.result(
      TextTable(header: ["run", "about"], rows: rows.map { [$0.run, $0.seconds.map(clock) ?? "?"] }, right: [1]).description)
    Console.shared.result(
      "\(rows.count) runs, about \(clock(total)) one after the other"
        + (unknown > 0 ? ", and \(unknown) whose contexts are not made yet (`calm augment` makes them)" : ""))
  }

  /// From three steps: training reads every sentence an epoch, and evaluation, at a third of the cost, the other splits.
  private static func seconds(_ experiment: Experiment) async throws -> Double? {
    try prepareMachine(threads: experiment.threads)
    try fetchModels(experiment)
    let corpus = try await CorpusLoader(experiment, progress: Progress(), asking: 0).load()
    guard corpus.unasked == 0, let train = corpus.splits["train"] else { return nil }
    let steps = 3
    let (step, batches) = try BenchTrain.firstSteps(steps + 1, experiment, corpus)
    for batch in batches.prefix(1) { _ = try step.run(batch) }
    let time = try ContinuousClock().measure { for batch in batches.dropFirst() { _ = try step.run(batch) } }.seconds
    let perSentence = time / Double(max(1, batches.dropFirst().reduce(0) { $0 + $1.count }))
    let epochs = Double(experiment.training.epochs), dev = Double(corpus.splits["dev"]?.count ?? 0)
    let test = Double(corpus.splits["test"]?.count ?? 0)
    return perSentence * (epochs * Double(train.count) + (epochs * dev + dev + test) / 3)
  }
}
