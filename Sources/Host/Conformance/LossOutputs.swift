import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Outputs as an encoder and a decoder might have made them: token posteriors that sum to one, a gold path below log Z.
enum LossOutputs {
  static func random(_ view: View, lengths: [Int], width: Int = 5, tags: Int = 4, seed: UInt64) -> ViewOutput {
    var random = RandomStream(seed: seed, "laws.loss." + view.rawValue)
    let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let scores = Tensor.normal([offsets[lengths.count], tags], scale: 1.5, using: &random)
    let marginals = Tensor(zeros: scores.shape)
    for row in 0..<scores.shape[0] {
      let sum = (row * tags..<(row + 1) * tags).reduce(0.0) { $0 + exp(Double(scores[$1])) }
      for i in row * tags..<(row + 1) * tags {
        scores[i] -= Float(log(sum))
        marginals[i] = exp(scores[i])
      }
    }
    let logPartition = lengths.map { Double($0) * 1.4 + random.normal() }
    let words = Tensor.normal([offsets[lengths.count], width], using: &random)
    return ViewOutput(
      view: view, words: WordVectors(offsets: offsets, tensor: words),
      posterior: Posterior(
        logPartition: logPartition, goldScore: logPartition.map { $0 - 0.1 - 3 * random.uniform() }, tokenScores: scores,
        marginals: marginals))
  }

  /// The batch with every sentence twice.
  static func doubled(_ output: ViewOutput) -> ViewOutput {
    var twice = output
    let offsets = output.words.offsets, rows = offsets[offsets.count - 1]
    twice.words = WordVectors(offsets: offsets + offsets.dropFirst().map { $0 + rows }, tensor: doubled(output.words.tensor))
    twice.posterior = Posterior(
      logPartition: output.posterior.logPartition.map { $0 + $0 }, goldScore: output.posterior.goldScore.map { $0 + $0 },
      tokenScores: doubled(output.posterior.tokenScores), marginals: doubled(output.posterior.marginals))
    return twice
  }

  private static func doubled(_ tensor: Tensor) -> Tensor {
    let twice = Tensor(zeros: [2 * tensor.shape[0]] + tensor.shape.dropFirst())
    twice.data.update(from: tensor.data, count: tensor.count)
    (twice.data + tensor.count).update(from: tensor.data, count: tensor.count)
    return twice
  }

  /// The output with what a loss may lack taken out.
  static func reduced(_ output: ViewOutput, to parts: Set<PosteriorPart>) -> ViewOutput {
    var output = output
    if !parts.contains(.logPartition) { output.posterior.logPartition = nil }
    if !parts.contains(.goldScore) { output.posterior.goldScore = nil }
    return output
  }
}
