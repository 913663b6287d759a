import PluginAPI
import Testing

@testable import PluginName

struct PluginNameTests {
  let decoder = PluginName(width: 2, tags: 3, deviation: 0.5, seed: 1)
  let words = WordVectors(offsets: [0, 2, 3], tensor: Tensor([0.5, -1, 2, 0.25, -0.75, 1], shape: [3, 2]))

  @Test func probabilitiesSumToOne() throws {
    let posterior = try decoder.decode(words, gold: nil, mode: .inference).value
    for word in 0..<3 {
      #expect(abs(posterior.marginals.rows(word..<word + 1).values.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test func theBestPathIsTheLikeliest() throws {
    let best = try decoder.bestPaths(words)
    let posterior = try decoder.decode(words, gold: best, mode: .inference).value
    #expect(best.map(\.count) == [2, 1])
    for other in [[[0, 0], [0]], [[1, 2], [1]], [[2, 1], [2]]] {
      let score = try decoder.decode(words, gold: other, mode: .inference).value.goldScore
      for (best, other) in zip(posterior.goldScore ?? [], score ?? []) { #expect(best >= other) }
    }
  }

  /// The gradient of log Z − gold score, against finite differences of the weights.
  @Test func theGradientAgreesWithFiniteDifferences() throws {
    let gold = [[0, 2], [1]], mode = Mode.training(seed: 1, step: 0)
    func loss() throws -> Double {
      let posterior = try decoder.decode(words, gold: gold, mode: mode).value
      return (posterior.logPartition ?? []).reduce(0, +) - (posterior.goldScore ?? []).reduce(0, +)
    }
    let ones = [1.0, 1.0]
    _ = try decoder.decode(words, gold: gold, mode: mode)
      .backward(PosteriorCotangent(logPartition: ones, goldScore: ones.map { -$0 }))
    for parameter in decoder.parameters {
      for i in 0..<parameter.value.count {
        let before = parameter.value[i], step: Float = 1e-2
        parameter.value[i] = before + step
        let above = try loss()
        parameter.value[i] = before - step
        let below = try loss()
        parameter.value[i] = before
        #expect(abs((above - below) / Double(2 * step) - Double(parameter.gradient[i])) < 1e-3, "\(parameter.name) \(i)")
      }
    }
  }
}
