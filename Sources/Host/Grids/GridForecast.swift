import PluginAPI

/// The runs of a grid and how long they may take, from a few training steps of one of them; nothing is run or asked for.
struct GridForecast {
  /// The grid in its folder.
  let runner: GridRunner

  private struct Listed: Encodable {
    var run: String
    var values: [String: String]
    var seed: UInt64?
    var finished: Bool
    /// 0 where it is finished, nil where contexts that are not made yet would have to be asked for.
    var seconds: Double?
  }

  func print(_ format: OutputFormat) async throws {
    var rows: [Listed] = []
    let own = Set(runner.own.map(\.folder))
    for cell in runner.grid.cells {
      let runs = try cell.runs.filter { own.contains($0.folder) }.map { (run: $0, finished: try runner.isFinished($0)) }
      guard let open = runs.first(where: { !$0.finished })?.run ?? runs.first?.run else { continue }
      let seconds = runs.allSatisfy(\.finished) ? 0 : try await Self.seconds(open.experiment)
      rows += runs.map { run, finished in
        Listed(
          run: run.folder, values: Dictionary(cell.values.map { ($0.path, $0.label) }) { $1 }, seed: run.seed,
          finished: finished,
          seconds: finished ? 0 : seconds)
      }
    }
    if format == .json { return Console.shared.result(prettyJSON(rows)) }
    let total = rows.compactMap(\.seconds).reduce(0, +), unknown = rows.count { $0.seconds == nil }
    let finished = rows.count(where: \.finished)
    Console.shared.result(
      TextTable(
        header: ["run", "about"], rows: rows.map { [$0.run, $0.finished ? "finished" : $0.seconds.map(clock) ?? "?"] },
        right: [1]
      ).description)
    Console.shared.result(
      (finished > 0 ? "\(finished) of \(rows.count) runs are finished, the others take" : "\(rows.count) runs,")
        + " about \(clock(total)) one after the other"
        + (unknown > 0 ? ", and \(unknown) whose contexts are not made yet (`calm augment` makes them)" : ""))
  }

  /// From three steps: training reads every sentence an epoch, in mixed training twice, and evaluation, at a third of the cost,
  /// the other splits.
  private static func seconds(_ experiment: Experiment) async throws -> Double? {
    try prepareMachine(threads: experiment.threads)
    try fetchModels(experiment)
    let corpus = try await CorpusLoader(experiment, progress: Progress(), asking: 0).load()
    guard corpus.unasked == 0, let train = corpus.splits["train"] else { return nil }
    let steps = 3
    let (step, batches) = try BenchTrain.firstSteps(steps + 1, experiment, corpus)
    for batch in batches.prefix(1) { _ = try step.run(batch.examples, alone: batch.alone) }
    let time = try ContinuousClock().measure {
      for batch in batches.dropFirst() { _ = try step.run(batch.examples, alone: batch.alone) }
    }
    .seconds
    let perSentence = time / Double(max(1, batches.dropFirst().reduce(0) { $0 + $1.count }))
    let dev = Double(corpus.splits["dev"]?.count ?? 0), test = Double(corpus.splits["test"]?.count ?? 0)
    let watched = dev + (experiment.training.monitorTest ? test : 0)
    let read = Double(train.count * (step.mixed ? 2 : 1))
    return perSentence * (Double(experiment.training.epochs) * (read + watched / 3) + test / 3)
  }
}
