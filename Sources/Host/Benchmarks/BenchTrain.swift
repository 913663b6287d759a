import ArgumentParser
import PluginAPI

/// `calm bench train`: the first training steps of an experiment, without evaluation and without writing anything.
struct BenchTrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Training steps of an experiment: steps and tokens a second, and where the time goes.")

  @OptionGroup var experiment: ExperimentOptions
  @Option(help: "Steps that are measured.")
  var steps = 20
  @Option(help: "Steps before them that are not.")
  var warmup = 2
  @OptionGroup var bench: BenchOptions

  func validate() throws {
    try requirePositive("steps", steps)
    if warmup < 0 { throw ValidationError("--warmup must not be negative") }
  }

  mutating func run() async throws {
    let loaded = try experiment.load()
    try bench.prepare(threads: loaded.threads)
    try fetchModels(loaded)
    let corpus = try await CorpusLoader(loaded, progress: Progress()).load()
    var (step, batches) = try Self.firstSteps(warmup + steps, loaded, corpus)
    let (tagger, loss) = (step.tagger, step.loss)
    for batch in batches.prefix(warmup) { _ = try step.run(batch.examples, alone: batch.alone) }
    let clock = StepClock()
    step.clock = clock
    let cut = tagger.encoder.truncation
    let measured = batches.dropFirst(warmup)
    let timing = Timing(
      try measured.map { batch in
        try ContinuousClock().measure { _ = try step.run(batch.examples, alone: batch.alone) }.seconds
      })

    let sentences = measured.reduce(0) { $0 + $1.count }
    var results: [BenchRow.Field] = [
      ("stepsPerSecond", .number(1 / timing.median, digits: 3)),
      ("sentencesPerSecond", .number(Double(sentences) / timing.total, digits: 2)),
    ]
    if let tokens = try Self.tokens(measured.flatMap(\.examples), views: loss.views, encoder: tagger.encoder),
      let more = try Self.tokens(measured.flatMap(\.alone), views: [.plain], encoder: tagger.encoder)
    {
      let tokens = tokens + more
      results.append(("tokensPerStep", .number(Double(tokens) / Double(steps), digits: 0)))
      results.append(("tokensPerSecond", .number(Double(tokens) / timing.total, digits: 0)))
    }
    results += timing.fields
    results += clock.parts.map { ("ms." + $0.name, .number($0.seconds / Double(steps) * 1e3, digits: 2)) }
    results.append(("contextsCut", .count(tagger.encoder.truncation.since(cut).contextsCut)))
    results.append(("peakMB", .number(PeakMemory.mebibytes, digits: 0)))
    let row = BenchRow(
      bench: "train",
      settings: [
        ("config", .text(experiment.config)), ("model", .text(tagger.encoder.model)),
        ("views", .text(loss.views.map(\.rawValue).joined(separator: " "))), ("batch", .count(loaded.training.batch)),
        ("threads", .count(Threads.count)), ("warmup", .count(warmup)), ("steps", .count(steps)),
      ], results: results)
    try bench.report([row])
  }

  /// What the first `count` steps of an experiment take: a fresh model, and their batches.
  static func firstSteps(
    _ count: Int, _ experiment: Experiment, _ corpus: Corpus
  ) throws -> (step: TrainStep, batches: [TrainingExamples.Batch]) {
    let services = experiment.services
    let tagger = try Tagger(experiment, tags: corpus.tags, services: services)
    let loss = try makeLoss(experiment, decoder: tagger.decoder, corpus: corpus, services: services)
    let optimiser = try Optimiser(
      tagger.parameters + loss.parameters.map { ("loss." + $0.name, $0) }, section: experiment.training)
    let examples = try TrainingExamples(experiment, corpus, loss)
    let step = TrainStep(
      tagger: tagger, loss: loss, optimiser: optimiser, schedule: Schedule(experiment.training, steps: count),
      section: experiment.training, seed: experiment.seed, mixed: examples.mixed)
    return (step, batches(count, experiment, examples))
  }

  /// The batches of the experiment's first `count` steps.
  private static func batches(
    _ count: Int, _ experiment: Experiment, _ examples: TrainingExamples
  ) -> [TrainingExamples.Batch] {
    let lengths = examples.lengths
    var batches: [TrainingExamples.Batch] = []
    for epoch in 0... where !lengths.isEmpty {
      let plan = EpochPlan(lengths: lengths, section: experiment.training, seed: experiment.seed, epoch: epoch)
      batches += plan.batches.map(examples.batch)
      if batches.count >= count { break }
    }
    return Array(batches.prefix(count))
  }

  /// The sub-tokens that the encoder reads of all views, before anything is cut; nil where it does not show them.
  private static func tokens(_ examples: [Example], views: [View], encoder: any Encoder) throws -> Int? {
    guard let encoder = encoder as? any TokenEncoder else { return nil }
    return try examples.reduce(0) { sum, example in
      let words = try encoder.tokenize(words: example.words).ids.count
      // Behind the sentence stand the context's pieces and one more separator.
      let context = example.context.isEmpty ? 0 : try encoder.tokenize(words: example.context).ids.count - 1
      return sum + views.reduce(0) { $0 + words + ($1 == .augmented ? context : 0) }
    }
  }
}
