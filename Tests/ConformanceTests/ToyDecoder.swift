import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// A decoder small enough to be broken in one place at a time: each word's tag on its own, from a linear layer.
final class ToyDecoder: Decoder {
  enum Fault: String, CaseIterable {
    case sentenceMissing, overflows, refusesEmptySentences, unnormalised, otherScores, sentencesLeak
    case otherPartition, goldTooHigh
    case flatMarginals, worstPath, partitionGradient, goldGradient, scoresGradient, marginalsGradient, wordsGradient, overwrites

    /// How the law begins that it breaks.
    var law: String {
      switch self {
      case .sentenceMissing, .overflows: "the posterior fits its words"
      case .refusesEmptySentences: "an empty sentence is a sentence without a path"
      case .unnormalised: "marginals sum to one"
      case .otherScores: "token posteriors are the softmax of token scores"
      case .sentencesLeak: "sentences of a batch do not see each other"
      case .otherPartition: "the partition function agrees with brute force"
      case .goldTooHigh: "no gold score is above the partition function"
      case .flatMarginals: "marginals agree with brute force"
      case .worstPath: "the best path is optimal"
      case .partitionGradient, .wordsGradient: "the gradient of the log-partition agrees"
      case .goldGradient: "the gradient of the gold score agrees"
      case .scoresGradient: "the gradient of the token scores agrees"
      case .marginalsGradient: "the gradient of the marginals agrees"
      case .overwrites: "gradients accumulate"
      }
    }
  }

  private let fault: Fault?
  private let tags: Int
  private let weight: Parameter
  let provides: Set<PosteriorPart>

  init(_ fault: Fault?, width: Int, tags: Int, provides: Set<PosteriorPart> = Set(PosteriorPart.allCases)) {
    self.fault = fault
    self.tags = tags
    self.provides = provides
    weight = Parameter("classifier.weight", group: "classifier", value: Tensor(zeros: [tags, width]))
  }

  var parameters: [Parameter] { [weight] }

  private func scores(_ words: WordVectors) throws -> Tensor {
    let rows = words.tensor.shape[0], scores = Tensor(zeros: [rows, tags])
    Kernels.linear(scores.data, words.tensor.data, weight: weight.value, bias: nil, rows: rows)
    for s in 0..<words.sentences {
      if fault == .refusesEmptySentences && words.rows(of: s).isEmpty { throw PluginError("a sentence without words") }
      if fault == .sentencesLeak { for row in words.rows(of: s) { scores[row * tags] += Float(s) } }
    }
    return scores
  }

  func decode(
    _ words: WordVectors, gold: [[Int]]?, mode: Mode
  ) throws -> Forward<Posterior, PosteriorCotangent, Tensor> {
    let scores = try scores(words), rows = scores.shape[0]
    let logs = Tensor(zeros: scores.shape), marginals = Tensor(zeros: scores.shape)
    var logZ = [Double](repeating: 0, count: words.sentences), goldScore = logZ
    for s in 0..<words.sentences {
      for row in words.rows(of: s) {
        let numbers = (0..<tags).map { Double(scores[row * tags + $0]) }
        let top = fault == .overflows ? 0 : numbers.max() ?? 0
        let sum = top + log(numbers.reduce(0) { $0 + exp($1 - top) })
        logZ[s] += sum
        for tag in 0..<tags {
          logs[row * tags + tag] = Float(numbers[tag] - sum)
          marginals[row * tags + tag] = fault == .flatMarginals ? 1 / Float(tags) : Float(exp(numbers[tag] - sum))
        }
        if let gold { goldScore[s] += numbers[gold[s][row - words.offsets[s]]] + (fault == .goldTooHigh ? 2 : 0) }
      }
      if fault == .otherPartition { logZ[s] += 0.1 }
    }
    let kept = marginals.copy(), dropped = fault == .sentenceMissing ? 1 : 0
    if fault == .unnormalised { marginals.scale(by: 0.9) }
    if fault == .otherScores { logs.scale(by: 0.9) }
    let posterior = Posterior(
      logPartition: provides.contains(.logPartition) ? logZ.dropLast(dropped) : nil,
      goldScore: gold != nil && provides.contains(.goldScore) ? goldScore : nil, tokenScores: logs, marginals: marginals)
    return Forward(posterior) { [self] d in
      let dscores = Tensor(zeros: [rows, tags])
      for s in 0..<words.sentences {
        for row in words.rows(of: s) { back(d, sentence: s, row, kept, gold: gold?[s][row - words.offsets[s]], into: dscores) }
      }
      if fault == .overwrites { weight.gradient.clear() }
      let dwords = Tensor(zeros: words.tensor.shape)
      Kernels.linearBackward(
        dwords.data, dweight: weight.gradient, dbias: nil, dy: dscores.data, x: words.tensor.data, weight: weight.value,
        rows: rows)
      if fault == .wordsGradient { dwords.scale(by: 1.1) }
      return dwords
    }
  }

  /// One word's share of the scores' gradient.
  private func back(_ d: PosteriorCotangent, sentence: Int, _ row: Int, _ marginals: Tensor, gold: Int?, into dscores: Tensor) {
    func factor(_ fault: Fault) -> Double { self.fault == fault ? 1.1 : 1 }
    let at = row * tags
    let dlogs = (0..<tags).map { factor(.scoresGradient) * Double(d.tokenScores?[at + $0] ?? 0) }
    let dmarginals = (0..<tags).map { factor(.marginalsGradient) * Double(d.marginals?[at + $0] ?? 0) }
    let sum = dlogs.reduce(0, +), mean = (0..<tags).reduce(0) { $0 + dmarginals[$1] * Double(marginals[at + $1]) }
    for tag in 0..<tags {
      let p = Double(marginals[at + tag])
      var slope = factor(.partitionGradient) * (d.logPartition?[sentence] ?? 0) * p
      if tag == gold { slope += factor(.goldGradient) * (d.goldScore?[sentence] ?? 0) }
      slope += dlogs[tag] - p * sum + p * (dmarginals[tag] - mean)
      dscores[at + tag] += Float(slope)
    }
  }

  func bestPaths(_ words: WordVectors) throws -> [[Int]] {
    let scores = try scores(words)
    return (0..<words.sentences).map { s in
      words.rows(of: s).map { row in
        let order = (0..<tags).sorted { scores[row * tags + $0] > scores[row * tags + $1] }
        return fault == .worstPath ? order[tags - 1] : order[0]
      }
    }
  }
}
