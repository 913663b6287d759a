import FoundationEssentials
import PluginAPI

/// One finished epoch: a row of the table that training prints.
struct EpochRow: Codable, Sendable {
  var epoch: Int
  var step: Int
  var loss: Double
  var parts: [String: Double]
  /// Dev scores of the two views; `with` only where there are contexts.
  var with: Double?
  var without: Double
  /// The same of the test split, where it is monitored.
  var testWith: Double?
  var testWithout: Double?
  var best: Bool
}

/// Trains a tagger: epochs, selection on dev, checkpoints, resumption.
struct Trainer {
  let experiment: Experiment
  let corpus: Corpus
  let tagger: Tagger
  let loss: any Loss
  let folder: RunFolder
  let progress: Progress
  /// Stops after this many batches: the rehearsal of `calm check`.
  var batchLimit: Int?

  private var section: TrainingSection { experiment.training }

  /// Trains to the end, from the newest checkpoint where `resume` is set and there is one. `begin` is called when nothing that the
  /// folder holds speaks against it.
  func train(resume: Bool, begin: () throws -> Void = {}) throws -> TrainingState {
    let examples = try TrainingExamples(experiment, corpus, loss), lengths = examples.lengths
    let optimiser = try Optimiser(
      tagger.parameters + loss.parameters.map { ("loss." + $0.name, $0) }, section: section)
    let plugins: [(role: String, plugin: any Plugin)] = [
      ("encoder", tagger.encoder), ("decoder", tagger.decoder), ("loss", loss),
    ]
    let store = CheckpointStore(folder: folder)
    let configuration = Digest.sha256(of: Array((experiment.fingerprint + corpus.digest).utf8))
    let batchesAnEpoch = (lengths.count + section.batch - 1) / section.batch
    var state = TrainingState()
    var cutBefore = RunResults.Cut()
    state.configuration = configuration
    if resume {
      if let restored = try store.restore(
        into: optimiser, plugins: plugins, configuration: configuration, batchesAnEpoch: batchesAnEpoch, note: progress.note)
      {
        state = restored
        cutBefore = restored.cut
        folder.cut(MetricsLog.file, to: state.metricsLength)
        progress.note("resuming at step \(state.step), epoch \(state.epoch + 1), batch \(state.batch + 1)")
      } else {
        progress.note("no checkpoint in \(folder.path): starting afresh")
      }
    }
    try begin()
    if state.step == 0 { folder.cut(MetricsLog.file, to: 0) }
    let events = try TensorBoardLog(in: folder, rates: Dictionary(optimiser.slots.map { ($0.parameter.group, $0.rate) }) { $1 })

    let step = TrainStep(
      tagger: tagger, loss: loss, optimiser: optimiser,
      schedule: Schedule(section, steps: section.epochs * batchesAnEpoch), section: section, seed: experiment.seed,
      mixed: examples.mixed)
    var lastSave = ContinuousClock.now, savedStep = resume ? state.step : -1
    func measure() {
      state.metricsLength = folder.size(of: MetricsLog.file) ?? 0
      state.cut = cutBefore + RunResults.Cut(tagger.encoder.truncation)
    }
    func save() throws {
      try requireFiniteWeights(optimiser)
      measure()
      try store.save(state, optimiser: optimiser, plugins: plugins)
      (lastSave, savedStep) = (.now, state.step)
    }

    progress.beginTraining(rows: state.rows, loss: loss, augmented: corpus.augmented)
    while state.epoch < section.epochs, !hasStopped(state) {
      let plan = EpochPlan(lengths: lengths, section: section, seed: experiment.seed, epoch: state.epoch)
      let batches = Array(plan.batches.prefix(batchLimit ?? .max))
      while state.batch < batches.count {
        let batch = examples.batch(batches[state.batch]), result = try step.run(batch.examples, alone: batch.alone)
        state.step = optimiser.step
        state.batch += 1
        state.lossSum += result.loss
        for (name, value) in result.parts { state.partSums[name, default: 0] += value }
        if state.step % 10 == 0 || state.batch == batches.count { try log(step: state, result, step.schedule, events) }
        progress.step(state, result, batches: batches.count, epochs: section.epochs)
        if try Interruption.check(save: save) { return state }
        let isLate = lastSave.duration(to: .now) > .seconds(section.checkpointMinutes * 60)
        if isLate, state.batch < batches.count { try save() }
      }
      // Scoring takes its time, in which a run can be killed. What was resumed here is saved already.
      if state.step != savedStep { try save() }
      do { try finishEpoch(&state, batches: batches.count, events) } catch is CancellationError { return state }
      measure()
      try store.amend(state, plugins: plugins)
      if batchLimit != nil { break }
    }
    if hasStopped(state) {
      progress.note("stopped early: \(state.epochsWithoutGain) epochs without a better dev F1")
    }
    try ModelFile.save(tagger, state: state, score: nil, in: folder, name: "last")
    return state
  }

  /// The loss of a step tells of the weights before it: what is saved is looked at itself.
  private func requireFiniteWeights(_ optimiser: Optimiser) throws {
    guard let broken = optimiser.slots.first(where: { !$0.parameter.value.isFinite }) else { return }
    throw Diagnostic(
      "T701", "after step \(optimiser.step) the weights `\(broken.name)` are not finite",
      hint: "lower the learning rate of group `\(broken.parameter.group)`; the checkpoints are good")
  }

  /// Whether dev F1 has not risen for long enough.
  private func hasStopped(_ state: TrainingState) -> Bool {
    section.patience.map { state.epochsWithoutGain >= $0 } ?? false
  }

  private func finishEpoch(_ state: inout TrainingState, batches: Int, _ events: TensorBoardLog) throws {
    let evaluator = Evaluator(tagger: tagger, corpus: corpus)
    let dev = try evaluator.evaluate("dev", progress: progress)
    let test =
      section.monitorTest && corpus.splits["test"] != nil ? try evaluator.evaluate("test", progress: progress) : nil
    let with = dev.with?.scores.micro.f1, without = dev.without.scores.micro.f1
    let score =
      switch section.select {
      case "with": with ?? without
      case "without": without
      default: with.map { ($0 + without) / 2 } ?? without
      }
    let better = state.bestScore.map { score > $0 } ?? true, chosen = better || section.select == "last"
    let row = EpochRow(
      epoch: state.epoch + 1, step: state.step, loss: state.lossSum / Double(max(1, batches)),
      parts: state.partSums.mapValues { $0 / Double(max(1, batches)) }, with: with, without: without,
      testWith: test?.with?.scores.micro.f1, testWithout: test?.without.scores.micro.f1, best: chosen)
    state.rows.append(row)
    state.epoch += 1
    if better { (state.bestScore, state.epochsWithoutGain) = (score, 0) } else { state.epochsWithoutGain += 1 }
    if chosen {
      (state.bestEpoch, state.bestDev) = (state.epoch, dev.scores)
      try ModelFile.save(tagger, state: state, score: score, in: folder, name: "best")
    }
    (state.batch, state.lossSum, state.partSums) = (0, 0, [:])
    try folder.append(jsonLine(row), to: MetricsLog.file)
    try events.append(.epoch(row))
    progress.epoch(row)
  }

  private func log(
    step state: TrainingState, _ result: TrainStep.Result, _ schedule: Schedule, _ events: TensorBoardLog
  ) throws {
    let row = StepRow(
      step: state.step, epoch: state.epoch + 1, loss: result.loss, parts: result.parts,
      gradientNorm: result.gradientNorm, rateFactor: schedule.factor(at: state.step - 1))
    try folder.append(jsonLine(row), to: MetricsLog.file)
    try events.append(.step(row))
  }
}

/// One line of JSON with sorted keys.
func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
