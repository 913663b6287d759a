import PluginAPI

/// One optimiser step, as in Figure 1 of the paper: each view of a few sentences goes through encoder, decoder and loss, and
/// its gradient goes back the same way before the next view is encoded.
struct TrainStep {
  let tagger: Tagger
  let loss: any Loss
  let optimiser: Optimiser
  let schedule: Schedule
  let section: TrainingSection
  let seed: UInt64
  /// Whether plain sentences are examples of their own: the plain view of one with context is then a student alone, and its gold tags
  /// are learned from when it comes by itself.
  var mixed = false
  /// Told where the time goes, if anybody asks.
  var clock: StepClock?

  /// What a step came to.
  struct Result {
    var loss = 0.0
    var parts: [String: Double] = [:]
    var gradientNorm = 0.0
    var words = 0
  }

  /// - Parameters:
  ///   - examples: sentences that are read in all views of the loss.
  ///   - alone: sentences that are read in the plain view only, in mixed training.
  func run(_ examples: [Example], alone: [Example] = []) throws -> Result {
    var result = Result()
    clock?.start()
    optimiser.clearGradients()
    clock?.end("optimiser")
    let total = Double(examples.count + alone.count)
    var done = 0
    for (sentences, views) in [(examples, loss.views), (alone, [View.plain])] {
      for part in microBatches(sentences, section: section, tokens: { tagger.tokens(of: $0, views: views) }) {
        try accumulate(
          part, views, mode: .training(seed: seed, step: optimiser.step, microBatch: done),
          share: Double(part.count) / total, studentPlain: mixed && views.count > 1, into: &result)
        done += 1
      }
    }
    guard result.loss.isFinite else {
      throw Diagnostic(
        "T701", "the loss of step \(optimiser.step + 1) is not finite (\(result.loss))",
        hint: "lower the learning rates, or check the data of this step", notes: (examples + alone).map { "sentence \($0.id)" })
    }
    result.gradientNorm = try optimiser.advance(factor: schedule.factor(at: optimiser.step))
    clock?.end("optimiser")
    return result
  }

  private func accumulate(
    _ examples: [Example], _ views: [View], mode: Mode, share: Double, studentPlain: Bool, into result: inout Result
  ) throws {
    let gold = examples.map(\.gold)
    var earlier: [ViewOutput] = []
    if loss.joint { return try accumulateJointly(examples, gold, mode: mode, share: share, into: &result) }
    for view in views {
      let vectors = try encode(view, examples, mode)
      clock?.end("encoder.forward.\(view.rawValue)")
      let mask = wordDropout(view, vectors.value, mode)
      let words = WordVectors(offsets: vectors.value.offsets, tensor: vectors.value.tensor.zeroing(mask))
      let posterior = try tagger.decoder.decode(words, gold: gold, mode: mode)
      clock?.end("decoder")
      var output = ViewOutput(view: view, words: words, posterior: posterior.value)
      output.supervised = !(studentPlain && view == .plain)
      let value = try evaluated(share: share) { try loss.evaluate(output, earlier: earlier) }.scaled(by: share)
      result.add(value, words: words.tensor.shape[0])
      clock?.end("loss")
      let dwords = try posterior.backward(value.posterior)
      if let more = value.words { dwords.add(more) }
      clock?.end("decoder")
      try vectors.backward(dwords.zeroing(mask))
      clock?.end("encoder.backward.\(view.rawValue)")
      earlier.append(output)
    }
  }

  /// Both views are held until the loss has seen them together. Only two views exist, so they are two variables: a one-shot
  /// pullback cannot stand in an array.
  private func accumulateJointly(
    _ examples: [Example], _ gold: [[Int]], mode: Mode, share: Double, into result: inout Result
  ) throws {
    guard loss.views.count == 2 else {
      throw PluginError("a joint loss must name two views, not \(loss.views.count)")
    }
    let (one, two) = (loss.views[0], loss.views[1])
    let vectors1 = try encode(one, examples, mode), vectors2 = try encode(two, examples, mode)
    clock?.end("encoder.forward.both")
    let mask1 = wordDropout(one, vectors1.value, mode), mask2 = wordDropout(two, vectors2.value, mode)
    let words1 = WordVectors(offsets: vectors1.value.offsets, tensor: vectors1.value.tensor.zeroing(mask1))
    let words2 = WordVectors(offsets: vectors2.value.offsets, tensor: vectors2.value.tensor.zeroing(mask2))
    let posterior1 = try tagger.decoder.decode(words1, gold: gold, mode: mode)
    let posterior2 = try tagger.decoder.decode(words2, gold: gold, mode: mode)
    clock?.end("decoder")
    let values = try evaluated(share: share) {
      try loss.evaluateJointly([
        ViewOutput(view: one, words: words1, posterior: posterior1.value),
        ViewOutput(view: two, words: words2, posterior: posterior2.value),
      ])
    }.map { $0.scaled(by: share) }
    guard values.count == 2 else { throw PluginError("a joint loss gave \(values.count) values for two views") }
    for value in values { result.add(value, words: words1.tensor.shape[0]) }
    clock?.end("loss")
    let dwords1 = try posterior1.backward(values[0].posterior), dwords2 = try posterior2.backward(values[1].posterior)
    if let more = values[0].words { dwords1.add(more) }
    if let more = values[1].words { dwords2.add(more) }
    clock?.end("decoder")
    try vectors1.backward(dwords1.zeroing(mask1))
    try vectors2.backward(dwords2.zeroing(mask2))
    clock?.end("encoder.backward.both")
  }

  /// What a loss adds to the gradients of its own parameters is a micro-batch's share of its step, as the rest of its gradient is.
  private func evaluated<Value>(share: Double, _ evaluate: () throws -> Value) rethrows -> Value {
    guard share != 1 else { return try evaluate() }
    let gradients = loss.parameters.map(\.gradient), before = gradients.map { $0.copy() }
    let value = try evaluate()
    for (gradient, before) in zip(gradients, before) {
      gradient.scale(by: Float(share))
      before.scale(by: Float(1 - share))
      gradient.add(before)
    }
    return value
  }

  private func encode(_ view: View, _ examples: [Example], _ mode: Mode) throws -> Forward<WordVectors, Tensor, Void> {
    try tagger.encoder.encode(ViewBatch(view: view, sentences: examples.map { $0.sentence(view) }), mode: mode)
  }

  /// The rows whose vectors are zeroed: whole positions, the same in every sentence of the batch, not rescaled
  /// (flair's `WordDropout`, which CL-KL uses).
  private func wordDropout(_ view: View, _ words: WordVectors, _ mode: Mode) -> [Int] {
    guard section.wordDropout > 0 else { return [] }
    let random = mode.stream("word.dropout", view: view)
    return (0..<words.sentences).flatMap { s in
      words.rows(of: s).filter { row in
        var position = random.stream(row - words.offsets[s])
        return position.uniform() < section.wordDropout
      }
    }
  }
}

extension TrainStep.Result {
  fileprivate mutating func add(_ value: LossValue, words count: Int) {
    loss += value.value
    for part in value.parts { parts[part.name, default: 0] += part.value }
    words += count
  }
}

extension Tensor {
  fileprivate func scaled(by factor: Float) -> Tensor {
    let out = copy()
    out.scale(by: factor)
    return out
  }

  /// A copy in which the given rows are zero.
  fileprivate func zeroing(_ rows: [Int]) -> Tensor {
    guard !rows.isEmpty else { return self }
    let out = copy()
    for row in rows { out.rows(row..<row + 1).clear() }
    return out
  }
}

extension LossValue {
  /// The loss and its gradient times `factor`: a micro-batch's share of its step.
  func scaled(by factor: Double) -> LossValue {
    guard factor != 1 else { return self }
    var out = self
    out.value *= factor
    out.parts = parts.map { ($0.name, $0.value * factor) }
    out.posterior.logPartition = posterior.logPartition?.map { $0 * factor }
    out.posterior.goldScore = posterior.goldScore?.map { $0 * factor }
    // Copies: the loss may have handed out tensors that others hold, such as the words it was given.
    out.posterior.tokenScores = posterior.tokenScores?.scaled(by: Float(factor))
    out.posterior.marginals = posterior.marginals?.scaled(by: Float(factor))
    out.words = words?.scaled(by: Float(factor))
    return out
  }
}
