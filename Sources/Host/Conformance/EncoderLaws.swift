import PluginAPI

/// Tries the laws of an encoder. Parameters are as before when it returns, gradients zero.
///
/// - Parameters:
///   - withoutDropout: the same encoder with dropout off. Without it, training and inference can be compared only where the
///     encoder drops nothing anyway.
///   - sampledParameters: how many parameters' gradients are compared with finite differences, drawn from `seed`.
func checkEncoder(
  _ encoder: any Encoder, withoutDropout: (any Encoder)? = nil, seed: UInt64 = 1, sampledParameters: Int = 12,
  book: LawBook = LawBook()
) -> [LawResult] {
  let laws = EncoderLaws(encoder: encoder, still: withoutDropout, seed: seed)
  var book = book
  laws.shapes(&book)
  laws.modes(&book)
  book.parameterLaws(encoder)
  laws.gradients(&book, sampled: sampledParameters)
  if book.isAlone { laws.residue(&book) }
  return book.results
}

private struct EncoderLaws {
  let encoder: any Encoder
  let still: (any Encoder)?
  let seed: UInt64
  private let ordinary: ViewBatch

  init(encoder: any Encoder, still: (any Encoder)?, seed: UInt64) {
    self.encoder = encoder
    self.still = still
    self.seed = seed
    var sentences = LawSentences(seed: seed)
    ordinary = sentences.batch(sentences.ordinary(4), view: .augmented)
  }

  private var training: Mode { .training(seed: seed, step: 3) }

  func shapes(_ book: inout LawBook) {
    book.law("the width is positive") { Verdict(encoder.width > 0 ? nil : "the width is \(encoder.width)") }
    var sentences = LawSentences(seed: seed)
    let inputs = [
      ("the plain view", sentences.batch(sentences.ordinary(5), view: .plain)),
      ("the augmented view", sentences.batch(sentences.ordinary(5), view: .augmented)),
      ("odd words", sentences.batch(LawSentences.odd, view: .plain)),
      ("odd words with odd contexts", oddContexts()),
      ("a sentence without words", sentences.batch([[]], view: .augmented)),
      ("a very long sentence", sentences.batch([LawSentences.veryLong, ["short"]], view: .augmented)),
    ]
    for (what, batch) in inputs {
      book.law("one finite vector a word: \(what)") {
        for mode in [Mode.inference, training] {
          if let fault = fault(try vectors(encoder, batch, mode), of: batch) { return .broken(fault) }
        }
        return .kept
      }
    }
    book.law("one finite vector a word: fuzzed words") {
      for round in 0..<4 {
        let words = LawSentences.fuzzed(5, seed: seed &+ UInt64(round)),
          contexts = LawSentences.fuzzed(5, seed: ~seed &- UInt64(round))
        let batch = ViewBatch(
          view: .augmented, sentences: words.indices.map { ViewSentence(id: $0, words: words[$0], context: contexts[$0]) })
        let broken = roundFault("batch \(round) of seed \(seed)") {
          try fault(vectors(encoder, batch, .inference), of: batch) ?? fault(vectors(encoder, batch, training), of: batch)
        }
        if let broken { return .broken(broken) }
      }
      return .kept
    }
    book.law("the number of vectors does not change with the context") {
      let words = sentences.ordinary(3)
      for length in [0, 1, 9, 900] {
        let batch = sentences.batch(words, view: length == 0 ? .plain : .augmented, context: length)
        if let fault = fault(try vectors(encoder, batch, .inference), of: batch) {
          return .broken("\(length) words of context: \(fault)")
        }
      }
      return .kept
    }
  }

  private func oddContexts() -> ViewBatch {
    let contexts = LawSentences.odd.reversed()
    return ViewBatch(
      view: .augmented,
      sentences: zip(LawSentences.odd, contexts).enumerated().map { ViewSentence(id: $0, words: $1.0, context: $1.1) })
  }

  /// Bitwise comparisons are fair: the same call on the same threads.
  func modes(_ book: inout LawBook) {
    book.law("inference is deterministic") {
      let once = try vectors(encoder, ordinary, .inference), again = try vectors(encoder, ordinary, .inference)
      return Verdict(once.tensor.isIdentical(to: again.tensor) ? nil : "two passes over one batch differ")
    }
    book.law("training is a function of seed and step") {
      let once = try vectors(encoder, ordinary, training), again = try vectors(encoder, ordinary, training)
      return Verdict(once.tensor.isIdentical(to: again.tensor) ? nil : "two passes of one seed and step differ")
    }
    book.law("another seed or step draws other dropout masks") {
      guard try drops(encoder) else { return .untried("training and inference agree, so there is no dropout to try") }
      let here = try vectors(encoder, ordinary, training)
      for (what, mode) in [("step", Mode.training(seed: seed, step: 4)), ("seed", .training(seed: seed &+ 1, step: 3))] {
        let there = try vectors(encoder, ordinary, mode)
        if here.tensor.isIdentical(to: there.tensor) {
          return .broken("training differs from inference, but another \(what) changes nothing")
        }
      }
      return .kept
    }
    book.law("inference is training without dropout") {
      if let still { return Verdict(try drops(still) ? "training and inference differ although dropout is off" : nil) }
      return try drops(encoder) ? .untried("needs a copy of the encoder without dropout") : .kept
    }
  }

  /// Whether training differs from inference by more than rounding.
  private func drops(_ encoder: any Encoder) throws -> Bool {
    let inferred = try vectors(encoder, ordinary, .inference), trained = try vectors(encoder, ordinary, training)
    return trained.tensor.largestDifference(from: inferred.tensor) > 1e-4 * max(1, inferred.tensor.largestMagnitude)
  }

  func gradients(_ book: inout LawBook, sampled: Int) {
    var random = RandomStream(seed: seed, "laws.encoder")
    let parameters = encoder.parameters.shuffled(using: &random).prefix(sampled).filter { $0.gradient.shape == $0.value.shape }
    book.law("the gradient agrees with finite differences") {
      guard !parameters.isEmpty else { return .untried("it has no parameters") }
      let gradients = try withClearGradients(encoder.parameters) {
        try backward()
        return parameters.map { $0.gradient.copy() }
      }
      let words = try vectors(encoder, ordinary, training), weights = cotangent(of: words)
      let noise = words.tensor.product(weights).noise
      var check = GradientCheck(seed: seed)
      for (parameter, gradient) in zip(parameters, gradients) {
        let fault = try check.fault("`\(parameter.name)`", at: parameter.value, gradient: gradient, noise: noise) {
          try vectors(encoder, ordinary, training).tensor.product(weights).value
        }
        if let fault { return .broken(fault) }
      }
      return .kept
    }
    book.law("gradients accumulate") {
      guard !parameters.isEmpty else { return .untried("it has no parameters") }
      return Verdict(try withClearGradients(encoder.parameters) { try accumulationFault(parameters, backward: backward) })
    }
  }

  func residue(_ book: inout LawBook) {
    book.law("calls leave nothing behind") {
      try withClearGradients(encoder.parameters) {
        var watch = ResidueWatch()
        while watch.wantsMore {
          _ = try vectors(encoder, ordinary, .inference)
          try backward()
          watch.called()
        }
        return watch.verdict
      }
    }
  }

  private func backward() throws {
    let pass = try encoder.encode(ordinary, mode: training)
    let dwords = cotangent(of: pass.value)
    try pass.backward(dwords)
  }

  private func cotangent(of words: WordVectors) -> Tensor {
    var random = RandomStream(seed: seed, "laws.cotangent")
    return Tensor.normal(words.tensor.shape, using: &random)
  }

  private func vectors(_ encoder: any Encoder, _ batch: ViewBatch, _ mode: Mode) throws -> WordVectors {
    let pass = try encoder.encode(batch, mode: mode)
    return pass.value
  }

  /// What is wrong with the vectors of a batch.
  private func fault(_ words: WordVectors, of batch: ViewBatch) -> String? {
    let offsets = batch.sentences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.words.count) }
    guard words.offsets == offsets else { return "the sentences' offsets are \(words.offsets), not \(offsets)" }
    let shape = [offsets[offsets.count - 1], encoder.width]
    guard words.tensor.shape == shape else { return "the vectors have shape \(words.tensor.shape), not \(shape)" }
    guard words.tensor.isFinite else {
      let texts = batch.sentences.flatMap(\.words)
      let word = texts.indices.first { !words.tensor.rows($0..<$0 + 1).isFinite } ?? 0
      return "the vector of word \(word), `\(texts[word].prefix(40))`, is not finite"
    }
    return nil
  }
}
