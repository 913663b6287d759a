import ArgumentParser
import FoundationEssentials
import PluginAPI

/// `calm check`: everything that can fail, before the hours are spent.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check an experiment: schema, plugins, data, contexts, and a rehearsal of two batches.")

  @OptionGroup var experiment: ExperimentOptions
  @OptionGroup var common: CommonOptions

  mutating func run() async throws {
    common.apply()
    let tree = try loadConfiguration(path: experiment.config, overrides: experiment.overrides)
    guard let sweep = tree["sweep"], !sweep.isNull else { return try await check(experiment.load()) }
    // A cell's runs differ in the seed alone: one of them stands for all.
    let grid = try Grid(tree: tree, axes: SweepAxis.axes(of: sweep), path: experiment.config)
    Console.shared.result("ok  grid: \(grid.runs.count) runs in \(grid.cells.count) cells")
    for cell in grid.cells {
      guard let run = cell.runs.first else { continue }
      if !cell.name.isEmpty { Console.shared.result("cell \(cell.name)") }
      try await check(run.experiment)
    }
  }

  private func check(_ loaded: Experiment) async throws {
    let console = Console.shared
    console.result("ok  configuration and plugins: \(experiment.config)")
    try prepareMachine(threads: loaded.threads)
    console.result("ok  linear algebra: \(LinearAlgebra.engine()), \(Threads.count) threads")
    try requireModels(loaded, experiment.config)
    let progress = Progress()
    let corpus = try await CorpusLoader(loaded, progress: progress, asking: 4).load()
    for name in Corpus.order {
      guard let examples = corpus.splits[name] else { continue }
      console.result("ok  \(name): \(examples.count) sentences\(corpus.augmented ? " with contexts" : "")")
    }
    if corpus.unasked > 0 {
      console.result(
        "--  \(corpus.unasked) contexts are not made yet; `calm augment \(experiment.config)` asks for them, or the run itself does"
      )
    }
    for warning in corpus.warnings { console.result("--  \(DiagnosticPrinter.line(warning))") }
    try rehearse(loaded, corpus, progress)
    console.result("ok  rehearsal: two batches trained, saved, reloaded, and every tag the same afterwards")
  }

  /// Trains on the two longest batches, saves, reads back and compares: what fails here would have failed after hours.
  private func rehearse(_ experiment: Experiment, _ corpus: Corpus, _ progress: Progress) throws {
    let path = FileManager.default.temporaryDirectory.path + "/calm-check-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let services = experiment.services
    let tagger = try Tagger(experiment, tags: corpus.tags, services: services)
    let loss = try makeLoss(experiment, decoder: tagger.decoder, corpus: corpus, services: services)
    var small = corpus
    let size = experiment.training.batch * 2
    for (name, examples) in corpus.splits {
      small.splits[name] = Array(
        examples.sorted { $0.words.count + $0.context.count > $1.words.count + $1.context.count }.prefix(size))
    }
    let quiet = Console.shared.quiet
    Console.shared.quiet = true
    defer { Console.shared.quiet = quiet }
    let trainer = Trainer(
      experiment: experiment, corpus: small, tagger: tagger, loss: loss, folder: try RunFolder(path: path),
      progress: progress, batchLimit: 2)
    _ = try trainer.train(resume: false)
    let before = try Evaluator(tagger: tagger, corpus: small).evaluate("dev")
    let again = try Tagger(experiment, tags: corpus.tags, services: services)
    try ModelFile.read(run: path, name: "last").load(into: again, run: path, name: "last")
    let after = try Evaluator(tagger: again, corpus: small).evaluate("dev")
    guard before.without.predictions == after.without.predictions, before.with?.predictions == after.with?.predictions
    else {
      throw Diagnostic("S602", "the rehearsal's model tags differently after it was saved and read back")
    }
  }
}
