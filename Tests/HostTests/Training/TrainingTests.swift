import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Training")
struct TrainingTests {
  static func section(_ text: String) throws -> TrainingSection {
    try decodeOptions(TrainingSection.self, from: parseYAML(Array(text.utf8), named: "test.yaml"), what: "training")
  }

  @Test(arguments: ["none", "length"])
  func everyEpochSeesEverySentenceOnce(bucketing: String) throws {
    let section = try Self.section("{batch: 4, bucketing: \(bucketing)}")
    let lengths = (0..<1001).map { ($0 * 37) % 90 + 1 }
    let plans = (0..<3).map { EpochPlan(lengths: lengths, section: section, seed: 1, epoch: $0).batches }
    for plan in plans {
      #expect(plan.flatMap { $0 }.sorted() == Array(0..<1001))
      #expect(plan.allSatisfy { (1...4).contains($0.count) })
    }
    #expect(plans[0] != plans[1])
    #expect(plans[0] == EpochPlan(lengths: lengths, section: section, seed: 1, epoch: 0).batches)
    #expect(plans[0] != EpochPlan(lengths: lengths, section: section, seed: 2, epoch: 0).batches)
    if bucketing == "length" {
      let spread = plans[0].map { batch in
        let sizes = batch.map { lengths[$0] }
        return (sizes.max() ?? 0) - (sizes.min() ?? 0)
      }
      #expect(spread.reduce(0, +) < 4 * spread.count, "batches of similar length")
    }
  }

  @Test func schedules() throws {
    let linear = Schedule(try Self.section("{}"), steps: 100)
    #expect(linear.factor(at: 0) == 1 && linear.factor(at: 50) == 0.5 && linear.factor(at: 100) == 0)
    let warm = Schedule(try Self.section("{warmUp: 0.1}"), steps: 100)
    #expect(warm.factor(at: 0) == 0 && warm.factor(at: 5) == 0.5 && warm.factor(at: 10) == 1 && warm.factor(at: 55) == 0.5)
    let constant = Schedule(try Self.section("{schedule: constant}"), steps: 100)
    #expect(constant.factor(at: 0) == 1 && constant.factor(at: 99) == 1)
    let cosine = Schedule(try Self.section("{schedule: cosine, warmUp: 0.1}"), steps: 100)
    #expect(cosine.factor(at: 5) == 0.5 && cosine.factor(at: 10) == 1 && abs(cosine.factor(at: 55) - 0.5) < 1e-12)
    #expect(abs(cosine.factor(at: 40) - 0.75) < 1e-12 && cosine.factor(at: 100) == 0)
  }

  @Test func aGroupWithoutALearningRateIsRefused() throws {
    let stray = Parameter("x", group: "adapter", value: Tensor(zeros: [1]))
    #expect(throws: Diagnostic.self) { try Optimiser([("encoder.x", stray)], section: Self.section("{}")) }
    #expect(throws: Never.self) {
      try Optimiser([("encoder.x", stray)], section: Self.section("{learningRates: {adapter: 1e-3}}"))
    }
  }

  @Test func clippingScalesTheStepButNotTheReportedNorm() throws {
    let parameter = Parameter("x", group: "encoder", value: Tensor(zeros: [2]))
    let optimiser = try Optimiser([("x", parameter)], section: Self.section("{clip: 1, learningRates: {encoder: 1}}"))
    (parameter.gradient[0], parameter.gradient[1]) = (30, 40)
    #expect(try optimiser.advance(factor: 1) == 50)
    // Adam's first moment is a tenth of the clipped gradient (0.6, 0.8).
    let m = optimiser.slots[0].m
    #expect(abs(m[0] - 0.06) < 1e-6 && abs(m[1] - 0.08) < 1e-6)
  }

  /// Sentences read as mixed examples, each once with its context and once alone, give in one step half the gradient that they
  /// give as pairs: twice as many examples share it.
  @Test func mixedExamplesAddUpToPairs() async throws {
    let lab = try Lab()
    func gradient(mixed: Bool) async throws -> (values: [Float], parts: [String: Double]) {
      let experiment = try Experiment(
        path: lab.config, overrides: ["training.wordDropout=0", "encoder.options.dropout=0"])
      let corpus = try await CorpusLoader(experiment, progress: Progress()).load()
      let services = Services(seed: 1, cacheFolder: lab.folder) { _, _ in }
      let tagger = try Tagger(experiment, tags: corpus.tags, services: services)
      let loss = try makeLoss(experiment, decoder: tagger.decoder, corpus: corpus, services: services)
      let optimiser = try Optimiser(tagger.parameters, section: experiment.training)
      let step = TrainStep(
        tagger: tagger, loss: loss, optimiser: optimiser, schedule: Schedule(experiment.training, steps: 10),
        section: experiment.training, seed: 1, mixed: mixed)
      let examples = Array((corpus.splits["train"] ?? []).prefix(5))
      let result = try step.run(examples, alone: mixed ? examples : [])
      return (tagger.parameters.flatMap { $0.parameter.gradient.values }, result.parts)
    }
    let paired = try await gradient(mixed: false), mixed = try await gradient(mixed: true)
    #expect(Set(mixed.parts.keys) == ["NLL+", "NLL", "KL"])
    for (name, value) in paired.parts { #expect(abs(value - 2 * (mixed.parts[name] ?? 0)) < 1e-5 * max(1, abs(value))) }
    #expect(paired.values.contains { abs($0) > 1e-3 })
    #expect(zip(paired.values, mixed.values).allSatisfy { abs($0 - 2 * $1) < 1e-4 })
  }

  /// A loss that learns something itself: a factor of another's value.
  private final class Weighted: Loss {
    let loss: any Loss
    let factor = Parameter("factor", group: "encoder", value: Tensor(zeros: [1]))

    init(_ loss: any Loss) { self.loss = loss }

    var parameters: [Parameter] { [factor] }
    var views: [View] { loss.views }
    var requires: Set<PosteriorPart> { loss.requires }

    func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
      let value = try loss.evaluate(output, earlier: earlier)
      factor.gradient[0] += Float(value.value)
      return value
    }
  }

  /// What a loss hands out may be what it was given.
  @Test func aShareOfALossLeavesItsTensorsAlone() {
    let words = Tensor([1, 2, 3, 4], shape: [2, 2])
    let half = LossValue(value: 3, parts: [], words: words).scaled(by: 0.5)
    #expect(half.value == 1.5 && half.words?.values == [0.5, 1, 1.5, 2] && words.values == [1, 2, 3, 4])
  }

  /// The gradient of a step does not depend on how many micro-batches it is cut into, or by which rule.
  @Test func accumulationGivesTheSameGradient() async throws {
    let lab = try Lab()
    func gradient(_ accumulation: Int, tokens: Int = 2048) async throws -> [Float] {
      let experiment = try Experiment(
        path: lab.config,
        overrides: [
          "training.accumulation=\(accumulation)", "training.microBatchTokens=\(tokens)", "training.wordDropout=0",
          "encoder.options.dropout=0",
          "training.learningRates={encoder: 0, classifier: 0, crf: 0}",
        ])
      let corpus = try await CorpusLoader(experiment, progress: Progress()).load()
      let services = Services(seed: 1, cacheFolder: lab.folder) { _, _ in }
      let tagger = try Tagger(experiment, tags: corpus.tags, services: services)
      let loss = Weighted(try makeLoss(experiment, decoder: tagger.decoder, corpus: corpus, services: services))
      let parameters = tagger.parameters + loss.parameters.map { ("loss." + $0.name, $0) }
      let optimiser = try Optimiser(parameters, section: experiment.training)
      let step = TrainStep(
        tagger: tagger, loss: loss, optimiser: optimiser, schedule: Schedule(experiment.training, steps: 10),
        section: experiment.training, seed: 1)
      _ = try step.run(Array((corpus.splits["train"] ?? []).prefix(7)))
      return parameters.flatMap { $0.1.gradient.values }
    }
    let whole = try await gradient(1), pieces = try await gradient(3)
    #expect(whole.contains { abs($0) > 1e-3 })
    let short = try await gradient(1, tokens: 20)
    #expect(zip(whole, pieces).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(zip(whole, short).allSatisfy { abs($0 - $1) < 1e-4 } && short != whole)
  }

  @Test func microBatchesAreBoundedByTokens() throws {
    func cut(_ counts: [Int], _ yaml: String) throws -> [[Int]] {
      let examples = counts.indices.map { i in
        Example(id: i, words: [], tags: [], gold: [], contextText: "", context: [])
      }
      return microBatches(examples, section: try Self.section(yaml)) { counts[$0.id] }.map { $0.map { counts[$0.id] } }
    }
    #expect(try cut([5, 6, 7], "{}") == [[5, 6, 7]])
    #expect(try cut([5, 6, 7], "{microBatchTokens: 11}") == [[5, 6], [7]])
    #expect(try cut([50, 6, 70, 1], "{microBatchTokens: 11}") == [[50], [6], [70], [1]])
    #expect(try cut([1, 2, 3, 4, 5], "{accumulation: 2}") == [[1, 2, 3], [4, 5]])
    #expect(try cut([1, 2, 3, 4, 5], "{accumulation: 2, microBatchTokens: 5}") == [[1, 2], [3], [4], [5]])
    #expect(try cut([1, 2, 3, 4, 5], "{accumulation: 4}") == [[1, 2], [3], [4], [5]])
    #expect(try cut([1, 2], "{accumulation: 4}") == [[1], [2]])
    #expect(try cut([], "{}").isEmpty)
  }

  @Test func statesThatCannotBeAreKnown() {
    func possible(_ change: (inout TrainingState) -> Void) -> Bool {
      var state = TrainingState()
      (state.step, state.epoch, state.batch, state.epochsWithoutGain) = (13, 2, 3, 1)
      change(&state)
      return state.isPossible(batchesAnEpoch: 5)
    }
    #expect(possible { _ in } && possible { ($0.step, $0.batch) = (15, 5) } && possible { ($0.step, $0.batch) = (10, 0) })
    for field in [\TrainingState.step, \.epoch, \.batch, \.epochsWithoutGain] {
      for value in [-1, 6, 99, Int.max, Int.min] { #expect(!possible { $0[keyPath: field] = value }, "\(value)") }
    }
    #expect(!possible { $0.metricsLength = -1 } && !possible { ($0.step, $0.batch) = (16, 6) })
  }

  @Test func weightDecayForAllOrByGroup() throws {
    let all = try Self.section("{weightDecay: 0.1}").weightDecay
    let each = try Self.section("{weightDecay: {crf: 1e-2}}").weightDecay
    #expect(all["crf"] == 0.1 && all["encoder"] == 0.1 && each["crf"] == 0.01 && each["encoder"] == 0)
    for wrong in ["2", "{crf: -1}", "[1]", "much"] {
      let faults = #expect(throws: Diagnostics.self) { try Self.section("{weightDecay: \(wrong)}") }
      #expect(faults?.items.first?.message.contains("weightDecay") == true, "\(faults?.items.first?.message ?? "")")
    }
  }

  /// Steps over a table of which each touches a few rows are, bit for bit, dense steps; a checkpoint loses nothing.
  @Test(arguments: [0, 0.01])
  func rowsThatWereNeverSeenCostNothing(weightDecay: Double) throws {
    let section = try Self.section("{weightDecay: \(weightDecay), clip: 0, learningRates: {encoder: 0.1}}")
    var random = RandomStream(seed: 1, "rows")
    let rows = 50, width = 33, start = Tensor(zeros: [rows, width])
    for i in 0..<start.count { start[i] = Float(random.normal()) }
    let dense = Parameter("dense", group: "encoder", value: start.copy())
    var table = Parameter("table", group: "encoder", table: start.copy())
    let denseOptimiser = try Optimiser([("dense", dense)], section: section)
    var optimiser = try Optimiser([("table", table)], section: section)
    for step in 0..<12 {
      denseOptimiser.clearGradients()
      optimiser.clearGradients()
      #expect(table.gradient.values.allSatisfy { $0 == 0 })
      let ids = (0..<4).map { _ in Int32(random.next() % 20) }
      for (k, row) in ids.enumerated() {
        for i in 0..<width {
          let g = Float(random.normal()) + Float(k)
          dense.gradient[Int(row) * width + i] += g
          table.gradient[Int(row) * width + i] += g
        }
      }
      table.touched?.formUnion(ids)
      let norms = (try denseOptimiser.advance(factor: 1), try optimiser.advance(factor: 1))
      #expect(abs(norms.0 - norms.1) < 1e-9 * norms.0)
      #expect(table.value.values == dense.value.values)
      guard step == 6 else { continue }
      // As if read from a checkpoint: a new optimiser finds the rows by their moments.
      let again = Parameter("table", group: "encoder", table: table.value.copy())
      let resumed = try Optimiser([("table", again)], section: section)
      resumed.slots[0].m.add(optimiser.slots[0].m)
      resumed.slots[0].v.add(optimiser.slots[0].v)
      resumed.findSeenRows()
      resumed.step = optimiser.step
      (table, optimiser) = (again, resumed)
    }
    #expect(optimiser.slots[0].seen.map { $0.rows.count < rows } == true)
    #expect(optimiser.slots[0].m.values == denseOptimiser.slots[0].m.values)
    #expect(optimiser.slots[0].v.values == denseOptimiser.slots[0].v.values)
  }

  @Test func contextWordsAndClasses() throws {
    let plain = try decodeOptions(ContextsSection.self, from: parseYAML([], named: "t"), what: "contexts")
    #expect(contextWords("It's  a\ntown.", plain) == ["It's", "a.town."])
    let apart = try decodeOptions(
      ContextsSection.self, from: parseYAML(Array("{contextWords: punctuation, maxWords: 5}".utf8), named: "t"),
      what: "contexts")
    #expect(contextWords("It's  a\ntown.", apart) == ["It", "'", "s", "a", "."])
    #expect(contextWords(" e\u{301}\r\nx\u{3000}b ", plain) == ["e\u{301}", ".x", "b"])
    #expect(contextWordCount("\n a\nb  c \n") == 4)
    #expect(ContextClass("", failBelow: 20) == .empty)
    #expect(ContextClass("I apologize, but", failBelow: 20) == .denied)
    #expect(ContextClass("a few words", failBelow: 20) == .fail)
    #expect(ContextClass((0..<20).map(String.init).joined(separator: " "), failBelow: 20) == .correct)
  }

  @Test func numbersArePrintedForPeople() {
    #expect(fixed(1.005, 2) == "1.01" || fixed(1.005, 2) == "1.00")
    #expect(fixed(-0.001, 2) == "0.00" && fixed(-1.5, 0) == "-2" && fixed(12.3456, 3) == "12.346")
    #expect(percent(0.44187) == "44.19" && clock(3723) == "1:02:03" && clock(65) == "1:05")
  }
}
