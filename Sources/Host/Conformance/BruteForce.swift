import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Every path through one sentence, with the score that the decoder gives it as the gold path. What the decoder computes cleverly
/// follows from these by counting.
struct BruteForce {
  let paths: [[Int]]
  let scores: [Double]
  private let tags: Int

  /// Asks for the scores of all paths at once: copies of the sentence in one batch. Nil where the decoder gives no gold score.
  init?(_ decoder: any Decoder, sentence: Tensor, tags: Int) throws {
    let length = sentence.shape[0], width = sentence.shape[1]
    var paths: [[Int]] = [[]]
    for _ in 0..<length { paths = paths.flatMap { path in (0..<tags).map { path + [$0] } } }
    let copies = Tensor(zeros: [paths.count * length, width])
    for copy in paths.indices { (copies.data + copy * sentence.count).update(from: sentence.data, count: sentence.count) }
    let words = WordVectors(offsets: (0...paths.count).map { $0 * length }, tensor: copies)
    let pass = try decoder.decode(words, gold: paths, mode: .inference)
    guard let scores = pass.value.goldScore, scores.count == paths.count else { return nil }
    self.paths = paths
    self.scores = scores
    self.tags = tags
  }

  var logPartition: Double {
    let top = scores.max() ?? 0
    guard top.isFinite else { return top }
    return top + log(scores.reduce(0) { $0 + exp($1 - top) })
  }

  /// The probability of each tag at each word, [words · tags].
  var marginals: [Double] {
    let logZ = logPartition
    var marginals = [Double](repeating: 0, count: (paths.first?.count ?? 0) * tags)
    for (path, score) in zip(paths, scores) {
      for (word, tag) in path.enumerated() { marginals[word * tags + tag] += exp(score - logZ) }
    }
    return marginals
  }

  var best: Double { scores.max() ?? 0 }

  /// The score of one path, nil for what is none.
  func score(of path: [Int]) -> Double? { paths.firstIndex(of: path).map { scores[$0] } }

  /// How long a sentence may be so that its paths can be counted.
  static func length(tags: Int) -> Int {
    var length = 1, paths = tags
    while length < 4, paths * tags <= 1000 { (length, paths) = (length + 1, paths * tags) }
    return length
  }
}
