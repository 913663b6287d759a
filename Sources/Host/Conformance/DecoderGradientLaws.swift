import PluginAPI

/// The laws of a decoder's way back, for each part of the posterior that it provides.
struct DecoderGradientLaws {
  private let laws: DecoderLaws
  private let parameters: [Parameter]
  private let words: WordVectors
  private let chosenGold = Once<[[Int]]?>()

  init(_ laws: DecoderLaws, _ parameters: [Parameter]) {
    self.laws = laws
    self.parameters = parameters
    words = laws.words([3, 0, 1, 5], "gradients")
  }

  /// Chosen when the first law asks for it: until then the decoder is not entered.
  private var gold: [[Int]]? { chosenGold.get { laws.provides(.goldScore) ? Self.gold(laws, words) : nil } }

  private var mode: Mode { .training(seed: laws.seed, step: 3) }

  /// A random path a sentence; the best one where the decoder forbids the random one.
  private static func gold(_ laws: DecoderLaws, _ words: WordVectors) -> [[Int]] {
    var random = RandomStream(seed: laws.seed, "laws.gold")
    let drawn = (0..<words.sentences).map { s in words.rows(of: s).map { _ in Int.random(in: 0..<laws.tags, using: &random) } }
    guard let scores = try? laws.decode(words, gold: drawn).goldScore, let best = try? laws.decoder.bestPaths(words),
      scores.count == drawn.count, best.count == drawn.count
    else { return drawn }
    return drawn.indices.map { scores[$0].isFinite ? drawn[$0] : best[$0] }
  }

  func check(_ book: inout LawBook) {
    for part in PosteriorPart.allCases {
      book.law("the gradient of the \(part.rawValue) agrees with finite differences") {
        laws.provides(part) ? Verdict(try fault(cotangent(of: [part]))) : .untried("it gives no \(part.rawValue)")
      }
    }
    book.law("the gradient of all parts together agrees with finite differences") {
      Verdict(try fault(cotangent(of: laws.decoder.provides)))
    }
    book.law("gradients accumulate") {
      guard !parameters.isEmpty else { return .untried("it has no parameters") }
      let cotangent = try cotangent(of: laws.decoder.provides)
      return Verdict(
        try withClearGradients(laws.decoder.parameters) { try accumulationFault(parameters) { _ = try backward(cotangent) } })
    }
  }

  /// Random factors; zero for the scores of tags that cannot be, whose logarithm is infinite and has no slope.
  private func cotangent(of parts: Set<PosteriorPart>) throws -> PosteriorCotangent {
    var random = RandomStream(seed: laws.seed, "laws.cotangent")
    let shape = [words.tensor.shape[0], laws.tags]
    let sentences = (0..<2).map { _ in (0..<words.sentences).map { _ in random.normal() } }
    let tokens = (0..<2).map { _ in Tensor.normal(shape, using: &random) }
    if parts.contains(.tokenScores) {
      let scores = try laws.decode(words, gold: gold).tokenScores
      for i in 0..<scores.count where !scores[i].isFinite { tokens[0][i] = 0 }
    }
    return PosteriorCotangent(
      logPartition: parts.contains(.logPartition) ? sentences[0] : nil,
      goldScore: parts.contains(.goldScore) ? sentences[1] : nil,
      tokenScores: parts.contains(.tokenScores) ? tokens[0] : nil,
      marginals: parts.contains(.marginals) ? tokens[1] : nil)
  }

  private func backward(_ cotangent: PosteriorCotangent) throws -> Tensor {
    let pass = try laws.decoder.decode(words, gold: gold, mode: mode)
    return try pass.backward(cotangent)
  }

  /// The posterior's product with a cotangent: the function whose gradient the pullback gives.
  private func product(_ cotangent: PosteriorCotangent) throws -> (value: Double, noise: Double) {
    let pass = try laws.decoder.decode(words, gold: gold, mode: mode), posterior = pass.value
    var value = 0.0, noise = 0.0
    for (factors, values) in [(cotangent.logPartition, posterior.logPartition), (cotangent.goldScore, posterior.goldScore)] {
      guard let factors else { continue }
      guard let values, values.count == factors.count else { return (.nan, .nan) }
      for (factor, number) in zip(factors, values) {
        value += factor * number
        noise += abs(factor) * max(1, abs(number)) * 1e-6
      }
    }
    for (factors, tensor) in [(cotangent.tokenScores, posterior.tokenScores), (cotangent.marginals, posterior.marginals)] {
      guard let factors else { continue }
      let product = tensor.product(factors)
      value += product.value
      noise += product.noise
    }
    return (value, noise)
  }

  private func fault(_ cotangent: PosteriorCotangent) throws -> String? {
    let (dwords, gradients) = try withClearGradients(laws.decoder.parameters) {
      let dwords = try backward(cotangent)
      return (dwords, parameters.map { $0.gradient.copy() })
    }
    let noise = try product(cotangent).noise
    var check = GradientCheck(seed: laws.seed)
    let value = { try product(cotangent).value }
    if let fault = try check.fault("the word vectors", at: words.tensor, gradient: dwords, noise: noise, value: value) {
      return fault
    }
    for (parameter, gradient) in zip(parameters, gradients) {
      let fault = try check.fault("`\(parameter.name)`", at: parameter.value, gradient: gradient, noise: noise, value: value)
      if let fault { return fault }
    }
    return nil
  }
}

/// A value that is made when it is first asked for.
private final class Once<Value> {
  private var value: Value?

  func get(_ make: () -> Value) -> Value {
    if let value { return value }
    let made = make()
    value = made
    return made
  }
}
