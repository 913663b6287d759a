import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// The main job from a checked experiment to its results: models, contexts, training, evaluation.
struct Session {
  let experiment: Experiment
  let path: String
  private let progress = Progress()

  init(_ experiment: Experiment, folder: String) {
    self.experiment = experiment
    self.path = folder
  }

  /// Everything; returns the scores of the best model.
  func run(resume: Bool, command: String) async throws -> RunResults {
    let (folder, corpus, tagger, state) = try await trained(resume: resume, command: command)
    do { return try finish(folder, corpus, tagger, state) } catch is CancellationError {
      throw interrupted(state, command)
    }
  }

  /// Training alone.
  func train(resume: Bool, command: String) async throws {
    _ = try await trained(resume: resume, command: command)
  }

  private func trained(
    resume: Bool, command: String
  ) async throws -> (RunFolder, Corpus, Tagger, TrainingState) {
    try prepareMachine(threads: experiment.threads)
    try fetchModels(experiment)
    if resume { try requireSameConfiguration() }
    // A run that was begun goes on with the contexts that it was begun with, whatever the augmentor would answer now.
    let goesOn = resume && UsedContexts.exist(in: path, of: experiment) && !CheckpointStore.names(run: path).isEmpty
    let corpus = try await CorpusLoader(experiment, progress: progress, keptBy: goesOn ? path : nil).load()
    for warning in corpus.warnings { progress.note(DiagnosticPrinter.line(warning)) }
    let services = experiment.services
    let tagger = try Tagger(experiment, tags: corpus.tags, services: services)
    let loss = try makeLoss(experiment, decoder: tagger.decoder, corpus: corpus, services: services)
    let folder = try RunFolder(path: path)
    Interruption.watch()
    progress.note("training in \(path)")
    let trainer = Trainer(
      experiment: experiment, corpus: corpus, tagger: tagger, loss: loss, folder: folder, progress: progress)
    let state = try trainer.train(resume: resume) {
      try record(in: folder)
      try UsedContexts.write(corpus, in: folder)
    }
    if Interruption.isRequested { throw interrupted(state, command) }
    return (folder, corpus, tagger, state)
  }

  private func interrupted(_ state: TrainingState, _ command: String) -> ExitStatus {
    Console.shared.alarm("interrupted at step \(state.step); the state is saved. Go on with:\n  \(command)")
    return .interrupted
  }

  /// Throws where the folder holds a run of another configuration, which would be called by this one's name. One that was stopped
  /// before it saved anything has nothing to lose.
  private func requireSameConfiguration() throws {
    let hasSaved =
      !CheckpointStore.names(run: path).isEmpty || ["/best", "/results.json"].contains { access(path + $0, F_OK) == 0 }
    guard hasSaved, access(path + "/config.yaml", F_OK) == 0 else { return }
    let differences = experiment.differences(from: try readYAML(path: path + "/config.yaml"))
    guard !differences.isEmpty else { return }
    throw Diagnostic(
      "S604", "\(path) holds a run of another configuration: it differs in \(differences.prefix(5).joined(separator: ", "))",
      hint: "undo the change of the file or of --set, or train afresh into another folder with --out")
  }

  /// Evaluates the best model on dev and test and writes results and predictions.
  private func finish(_ folder: RunFolder, _ corpus: Corpus, _ tagger: Tagger, _ state: TrainingState) throws -> RunResults {
    let cutBefore = tagger.encoder.truncation
    let best = try ModelFile.read(run: path, name: "best")
    try best.load(into: tagger, run: path, name: "best")
    let evaluator = Evaluator(tagger: tagger, corpus: corpus)
    let final = corpus.splits["test"] != nil ? "test" : "dev"
    let examples = corpus.splits[final] ?? [], result = try evaluator.evaluate(final, progress: progress)
    try folder.write(predictionFile(examples, result.without.predictions), to: "predictions.without.conll")
    if let with = result.with {
      try folder.write(predictionFile(examples, with.predictions), to: "predictions.with.conll")
    }
    var splits = [final: result.scores]
    if final != "dev" { splits["dev"] = try state.bestDev ?? evaluator.evaluate("dev", progress: progress).scores }
    let results = RunResults(
      splits: splits, seed: experiment.seed,
      bestEpoch: best.epoch, epochs: state.rows,
      truncation: state.cut + RunResults.Cut(tagger.encoder.truncation.since(cutBefore)))
    try folder.write(results.json + "\n", to: "results.json")
    Report.leave(in: path)
    progress.note("results in \(path)/results.json, to read in \(path)/report.html; next: calm tag \(path)")
    return results
  }

  /// `token gold predicted`, so that the usual scorers read it.
  private func predictionFile(_ examples: [Example], _ predictions: [[String]]) throws -> String {
    try ColumnFile.text(
      examples.map { Sentence(words: $0.words, tags: $0.tags, line: 1, document: 0) }, predictions: predictions)
  }

  /// What was run, with what, on what.
  private func record(in folder: RunFolder) throws {
    try folder.write(ConfigPrinter.print(experiment.resolved), to: "config.yaml")
    experiment.noteReplacedPlugins(run: path)
    var used = PluginsUsed(experiment)
    if let before = PluginsUsed(run: path) { used = used.noting(before) }
    try folder.write(used.text, to: PluginsUsed.fileName)
    // The run's own configuration is loaded under the same lock, by whatever command.
    let lock = experiment.registry.trust.lock
    if let lock { try folder.write(lock.text, to: PluginLock.fileName) } else { unlink(folder.file(PluginLock.fileName)) }
    try folder.write(json: RunEnvironment(experiment), to: "environment.json")
  }
}

/// Sets the threads and makes sure that products are right.
func prepareMachine(threads: Int?) throws {
  if let threads {
    let allowed = ExperimentFields.threads
    guard allowed.contains(Double(threads)) else {
      throw Diagnostic("C104", "threads are \(Int(allowed.lowerBound)) to \(Int(allowed.upperBound)), not \(threads)")
    }
    Threads.count = threads
  }
  if let fault = LinearAlgebra.selfTest {
    throw Diagnostic(
      "T702", fault,
      hint: "`calm doctor` shows the engine; where it is OpenBLAS, set OPENBLAS_CORETYPE or install another libopenblas")
  }
}

/// Fetches the declared models that the experiment uses and that are missing.
func fetchModels(_ experiment: Experiment) throws {
  for model in experiment.models where ModelFetch.folder(of: model) == nil {
    _ = try ModelFetch.fetch(model) { Console.shared.talk($0) }
  }
}

/// Throws where a declared model is not there.
func requireModels(_ experiment: Experiment, _ config: String) throws {
  for model in experiment.models where ModelFetch.folder(of: model) == nil {
    throw Diagnostic("M401", "the model `\(model.name)` is not fetched yet", hint: "run `calm model fetch \(config)`")
  }
}

/// The loss, if the decoder gives what it needs and the data has the views it reads.
func makeLoss(
  _ experiment: Experiment, decoder: any Decoder, corpus: Corpus, services: Services
) throws -> any Loss {
  guard let loss = try experiment.loss.make(services: services) as? any Loss else {
    throw Diagnostic("P310", "plugin `\(experiment.loss.id)` made something that is no loss")
  }
  let lacking = loss.requires.subtracting(decoder.provides)
  guard lacking.isEmpty else {
    throw Diagnostic(
      "P321",
      "loss `\(experiment.loss.id)` needs the \(lacking.map(\.rawValue).sorted().joined(separator: ", ")) that decoder `\(experiment.decoder.id)` does not give"
    )
  }
  guard !loss.views.isEmpty else { throw Diagnostic("P321", "loss `\(experiment.loss.id)` reads no view with these options") }
  return corpus.augmented || loss.joint ? loss : PlainLoss(loss)
}

/// Where nothing gives contexts, both views are the same: only the plain one is trained on.
private final class PlainLoss: Loss {
  private let loss: any Loss

  init(_ loss: any Loss) { self.loss = loss }

  var parameters: [Parameter] { loss.parameters }
  var views: [View] { loss.views.contains(.plain) ? [.plain] : loss.views }
  var requires: Set<PosteriorPart> { loss.requires }

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    try loss.evaluate(output, earlier: [ViewOutput(view: .augmented, words: output.words, posterior: output.posterior)])
  }
  func saveState() throws -> [UInt8] { try loss.saveState() }
  func loadState(_ state: [UInt8]) throws { try loss.loadState(state) }
}
