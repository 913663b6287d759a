import PluginAPI
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Llama2

/// How often each token is drawn, against the probabilities that it should have.
@Suite("Llama sampler") struct LlamaSamplerTests {
  /// In no order, so that the ranks matter.
  private static let probabilities = [0.15, 0.5, 0.05, 0.3]

  /// Relative frequencies of the next token, each draw from a stream of its own.
  private func shares(
    _ logits: [Float], _ sampling: Sampling, prompt: [Int32] = [], draws: Int = 20_000
  ) -> [Double] {
    var counts = [Double](repeating: 0, count: logits.count)
    for draw in 0..<draws {
      var sampler = Sampler(sampling, random: RandomStream(seed: 5, "draws").stream(draw), prompt: prompt)
      if let token = next(&sampler, logits) { counts[Int(token)] += 1 }
    }
    return counts.map { $0 / Double(draws) }
  }

  private func next(_ sampler: inout Sampler, _ logits: [Float]) -> Int32? {
    var logits = logits
    let count = logits.count
    return sampler.next(&logits, count: count)
  }

  private static func softmax(_ logits: [Double], temperature: Double = 1) -> [Double] {
    let weights = logits.map { exp($0 / temperature) }, sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Five standard deviations of a share are 0.018 at most.
  private func expectNear(_ shares: [Double], _ expected: [Double], _ comment: String) {
    for (token, (share, right)) in zip(shares, expected).enumerated() {
      #expect(abs(share - right) < 0.02 && (right > 0 || share == 0), "\(comment): token \(token) \(share), not \(right)")
    }
  }

  /// Which tokens are left, and that the draw is from these renormalised. The last ones tell the order of the steps: temperature,
  /// then the most probable tokens, then the nucleus of these.
  @Test(arguments: [
    (Sampling(temperature: 1, topP: 1), [0, 1, 2, 3]), (Sampling(temperature: 0.5, topP: 1), [0, 1, 2, 3]),
    (Sampling(temperature: 2, topP: 1), [0, 1, 2, 3]), (Sampling(temperature: 1, topP: 1, topK: 1), [1]),
    (Sampling(temperature: 1, topP: 1, topK: 2), [1, 3]), (Sampling(temperature: 1, topP: 1, topK: 9), [0, 1, 2, 3]),
    (Sampling(temperature: 1, topP: 0.7), [1, 3]), (Sampling(temperature: 1, topP: 0.01), [1]),
    (Sampling(temperature: 1, topP: 0.9), [0, 1, 3]),
    // Of the nucleus of all tokens there would be two, and three.
    (Sampling(temperature: 1, topP: 0.6, topK: 2), [1]), (Sampling(temperature: 1, topP: 0.84, topK: 3), [1, 3]),
    // All tokens count that are among the most probable ones, even those that no nucleus reaches.
    (Sampling(temperature: 1, topP: 0.82, topK: 4), [0, 1, 3]),
    // At temperature 1 there would be two.
    (Sampling(temperature: 0.5, topP: 0.6), [1]), (Sampling(temperature: 2, topP: 0.7), [0, 1, 3]),
  ])
  func tokensThatAreLeft(sampling: Sampling, kept: [Int]) {
    let logits = Self.probabilities.map { Float(log($0)) }
    let weights = Self.probabilities.enumerated().map {
      kept.contains($0) ? pow($1, 1 / Double(sampling.temperature)) : 0
    }
    let sum = weights.reduce(0, +)
    expectNear(shares(logits, sampling), weights.map { $0 / sum }, "\(sampling)")
  }

  /// A vocabulary that is no multiple of any vector: nothing outside of the nucleus is drawn.
  @Test func aNucleusOfMany() {
    var random = RandomStream(seed: 6, "nucleus")
    let logits = (0..<1003).map { _ in Float(random.normal()) }
    let probabilities = Self.softmax(logits.map { Double($0) / Double(Float(0.8)) })
    var nucleus: Set<Int> = [], mass = 0.0
    for token in logits.indices.sorted(by: { logits[$0] > logits[$1] }) where mass < 0.5 {
      nucleus.insert(token)
      mass += probabilities[token]
    }
    let shares = shares(logits, Sampling(temperature: 0.8, topP: 0.5), draws: 4000)
    #expect(nucleus.count > 10 && nucleus.count < 500)
    for token in shares.indices where !nucleus.contains(token) { #expect(shares[token] == 0, "\(token)") }
    #expect(shares.count { $0 > 0 } > nucleus.count / 2)
    for token in nucleus { #expect(abs(shares[token] - probabilities[token] / mass) < 0.02, "\(token)") }
  }

  /// Where all are alike, the first ones count as the most probable.
  @Test func equalProbabilities() {
    #expect(shares([1, 1], Sampling(temperature: 1, topP: 0.001), draws: 100) == [1, 0])
    expectNear(shares([1, 1, 1, 1], Sampling(temperature: 1, topP: 1, topK: 2)), [0.5, 0.5, 0, 0], "two of four")
    expectNear(shares([1, 1, 1, 1], Sampling(temperature: 1, topP: 0.6)), [1.0 / 3, 1.0 / 3, 1.0 / 3, 0], "three of four")
  }

  /// Tokens that were there lose: positive logits are divided, negative ones multiplied.
  @Test func penaltyOfTokensThatWereThere() {
    let logits: [Float] = [2, 1, -1, -3]
    expectNear(
      shares(logits, Sampling(temperature: 1, topP: 1, repetitionPenalty: 2), prompt: [0, 2]), Self.softmax([1, 1, -2, -3]),
      "penalty 2")
    expectNear(
      shares(logits, Sampling(temperature: 2, topP: 1, repetitionPenalty: 0.5), prompt: [0, 2]),
      Self.softmax([4, 1, -0.5, -3], temperature: 2), "penalty 0.5")
    expectNear(
      shares(logits, Sampling(temperature: 1, topP: 1, repetitionPenalty: 1), prompt: [0, 2]),
      Self.softmax([2, 1, -1, -3]), "penalty 1")
    // Before the most probable token is chosen.
    expectNear(
      shares(logits, Sampling(temperature: 1, topP: 1, topK: 1, repetitionPenalty: 4), prompt: [0], draws: 100), [0, 1, 0, 0],
      "the best one")
  }

  /// The text's own tokens count, once each.
  @Test func penaltyOfTokensThatWereDrawn() {
    var sampler = Sampler(
      Sampling(temperature: 0, repetitionPenalty: 2), random: RandomStream(seed: 0, ""), prompt: [])
    let drawn = (0..<5).map { _ in next(&sampler, [2, 1.5, -1, -3]) }
    #expect(drawn == [0, 1, 0, 0, 0])
  }

  @Test func temperatureZeroTakesTheGreatest() {
    for sampling in [
      Sampling(temperature: 0), Sampling(temperature: 0, topP: 1), Sampling(temperature: 0, topP: 0.1, topK: 3),
    ] { #expect(shares([1, 1.001, -5, 0.999], sampling, draws: 100) == [0, 1, 0, 0]) }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [Float(0), 1])
  func logitsThatAreNoNumbersGiveNothing(value: Float, temperature: Float) {
    for place in 0..<20 {
      var logits = (0..<20).map { Float($0) }
      logits[place] = value
      var sampler = Sampler(Sampling(temperature: temperature), random: RandomStream(seed: 0, ""), prompt: [])
      #expect(next(&sampler, logits) == nil, "\(place)")
    }
  }
}
