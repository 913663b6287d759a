import PluginAPI
import TestSupport
import Testing

@testable import CRF

#if canImport(Glibc)
  import Glibc
#endif

/// The CRF's kernels against a chain written from the definition, in log space and float64.
@Suite("CRF against its naive twin") struct CRFTests {
  /// Scores of one sentence.
  struct NaiveChain {
    var emissions: [[Double]]  // [words][tags]
    var transitions: [[Double]]  // [tags][tags], from row to column
    var start: [Double], end: [Double]

    private func sum(_ x: [Double]) -> Double {
      let largest = x.max() ?? 0
      return largest == -.infinity ? largest : largest + log(x.reduce(0) { $0 + exp($1 - largest) })
    }

    var tags: Range<Int> { 0..<start.count }

    var alpha: [[Double]] {
      var rows = [tags.map { start[$0] + emissions[0][$0] }]
      for e in emissions.dropFirst() {
        let last = rows[rows.count - 1]
        rows.append(tags.map { j in e[j] + sum(tags.map { i in last[i] + transitions[i][j] }) })
      }
      return rows
    }

    var beta: [[Double]] {
      var rows = [end]
      for e in emissions.dropFirst().reversed() {
        let last = rows[rows.count - 1]
        rows.append(tags.map { i in sum(tags.map { j in transitions[i][j] + e[j] + last[j] }) })
      }
      return rows.reversed()
    }

    var logPartition: Double { sum(zip(alpha[emissions.count - 1], end).map(+)) }

    /// Log-marginals.
    var tokenScores: [[Double]] {
      let logZ = logPartition
      return zip(alpha, beta).map { zip($0, $1).map { $0 + $1 - logZ } }
    }

    func score(_ path: [Int]) -> Double {
      var score = start[path[0]] + end[path[path.count - 1]]
      for t in path.indices { score += emissions[t][path[t]] + (t > 0 ? transitions[path[t - 1]][path[t]] : 0) }
      return score
    }

    var bestScore: Double {
      var best = tags.map { start[$0] + emissions[0][$0] }
      for e in emissions.dropFirst() {
        best = tags.map { j in e[j] + (tags.map { i in best[i] + transitions[i][j] }.max() ?? 0) }
      }
      return zip(best, end).map(+).max() ?? 0
    }
  }

  struct Setting: CustomTestStringConvertible {
    let tags: Int, lengths: [Int], scale: Float
    var forbidden = false
    var testDescription: String { "\(tags) tags, lengths \(lengths), scores to \(scale)\(forbidden ? ", some forbidden" : "")" }
  }

  /// Vectors hold eight tags: fewer, as many and more. Scores hundreds apart leave the range of probabilities.
  static let settings = [
    Setting(tags: 1, lengths: [1, 3], scale: 2), Setting(tags: 2, lengths: [4, 0, 1], scale: 2),
    Setting(tags: 5, lengths: [6, 2], scale: 8), Setting(tags: 8, lengths: [3, 5], scale: 2),
    Setting(tags: 9, lengths: [1, 1, 4], scale: 2), Setting(tags: 13, lengths: [40, 7], scale: 2),
    Setting(tags: 17, lengths: [5], scale: 20), Setting(tags: 26, lengths: [3, 2], scale: 2),
    Setting(tags: 41, lengths: [3], scale: 1), Setting(tags: 7, lengths: [6, 3], scale: 400),
    Setting(tags: 6, lengths: [5, 4], scale: 2, forbidden: true), Setting(tags: 3, lengths: [300], scale: 60),
  ]
  static let drawn = (0..<5).map { _ in
    Setting(tags: anySize(upTo: 20), lengths: anySizes(Int.random(in: 1...4), upTo: 12), scale: Float(anySize(upTo: 8)))
  }

  /// A CRF whose classifier is the identity, a batch of emissions, its twins and gold tags.
  struct Case {
    let crf: CRF, words: WordVectors, gold: [[Int]]
    let naive: [NaiveChain]
    let offsets: [Int]

    init(_ setting: Setting) throws {
      let k = setting.tags
      var random = RandomStream(seed: 7, "crf.\(setting.testDescription)")
      func draw() -> Float { Float(2 * random.uniform() - 1) * setting.scale }
      let crf = try CRF(width: k, tags: k, initial: 0, seed: 1)
      for parameter in [crf.transitions, crf.start, crf.end] {
        for i in 0..<parameter.value.count { parameter.value.data[i] = draw() }
      }
      if setting.forbidden { for i in 0..<k { crf.transitions.value.data[i * k + (i + 1) % k] = -10_000 } }
      crf.weight.value.clear()
      crf.bias.value.clear()
      for i in 0..<k { crf.weight.value.data[i * k + i] = 1 }
      let offsets = setting.lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      let emissions = Tensor(zeros: [offsets[offsets.count - 1], k])
      for i in 0..<emissions.count { emissions.data[i] = draw() }
      func row(_ tensor: Tensor, _ i: Int) -> [Double] { (0..<k).map { Double(tensor.data[i * k + $0]) } }
      naive = setting.lengths.indices.filter { setting.lengths[$0] > 0 }.map { s in
        NaiveChain(
          emissions: (offsets[s]..<offsets[s + 1]).map { row(emissions, $0) },
          transitions: (0..<k).map { row(crf.transitions.value, $0) }, start: row(crf.start.value, 0),
          end: row(crf.end.value, 0))
      }
      gold = setting.lengths.map { length in (0..<length).map { _ in Int(random.next() % UInt64(k)) } }
      words = WordVectors(offsets: offsets, tensor: emissions)
      (self.crf, self.offsets) = (crf, offsets)
    }

    /// Sentences that have words.
    var sentences: [Int] { (0..<offsets.count - 1).filter { offsets[$0 + 1] > offsets[$0] } }
  }

  func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { a == b || abs(a - b) <= tolerance * max(1, abs(b)) }

  @Test(arguments: settings + drawn) func posterior(_ setting: Setting) throws {
    let c = try Case(setting), k = setting.tags
    let posterior = try c.crf.decode(c.words, gold: c.gold, mode: .inference).value
    let logZ = try #require(posterior.logPartition), score = try #require(posterior.goldScore)
    let scores = posterior.tokenScores, marginals = posterior.marginals
    for (s, naive) in zip(c.sentences, c.naive) {
      #expect(close(logZ[s], naive.logPartition, 1e-9))
      #expect(close(score[s], naive.score(c.gold[s]), 1e-9))
      for (t, row) in naive.tokenScores.enumerated() {
        for (j, reference) in row.enumerated() {
          let i = (c.offsets[s] + t) * k + j
          #expect(close(Double(scores.data[i]), reference, 2e-6), "word \(t) tag \(j)")
          #expect(close(Double(marginals.data[i]), exp(reference), 1e-6), "word \(t) tag \(j)")
        }
      }
    }
  }

  @Test(arguments: settings + drawn) func bestPaths(_ setting: Setting) throws {
    let c = try Case(setting)
    let paths = try c.crf.bestPaths(c.words)
    #expect(paths.map(\.count) == setting.lengths)
    for (s, naive) in zip(c.sentences, c.naive) { #expect(close(naive.score(paths[s]), naive.bestScore, 1e-12)) }
  }

  /// Gradients of a random mix of all parts, or of the likelihood alone, against differences of the twin.
  @Test(arguments: (settings + drawn).filter { $0.lengths.reduce(0, +) < 100 }, [true, false])
  func gradients(_ setting: Setting, allParts: Bool) throws {
    let c = try Case(setting), k = setting.tags
    var random = RandomStream(seed: 3, "cotangent")
    let share = setting.lengths.map { _ in random.uniform() }
    var cotangent = PosteriorCotangent(logPartition: share, goldScore: share.map { -$0 })
    if allParts {
      let scores = Tensor(zeros: c.words.tensor.shape), marginals = Tensor(zeros: c.words.tensor.shape)
      for i in 0..<scores.count {
        (scores.data[i], marginals.data[i]) = (Float(random.uniform() - 0.3), Float(random.uniform()))
      }
      (cotangent.tokenScores, cotangent.marginals) = (scores, marginals)
    }
    let dwords = try c.crf.decode(c.words, gold: c.gold, mode: .training(seed: 1, step: 0)).backward(cotangent)

    func value(_ naive: NaiveChain, _ s: Int) -> Double {
      var sum = share[s] * (naive.logPartition - naive.score(c.gold[s]))
      guard let dscores = cotangent.tokenScores, let dmarginals = cotangent.marginals else { return sum }
      for (t, row) in naive.tokenScores.enumerated() {
        for (j, score) in row.enumerated() {
          let i = (c.offsets[s] + t) * k + j
          sum += Double(dscores.data[i]) * score + Double(dmarginals.data[i]) * exp(score)
        }
      }
      return sum
    }
    func slope(_ place: WritableKeyPath<NaiveChain, Double>, _ s: Int, _ naive: NaiveChain) -> Double {
      var above = naive, below = naive
      above[keyPath: place] += 1e-4
      below[keyPath: place] -= 1e-4
      return (value(above, s) - value(below, s)) / 2e-4
    }
    func total(_ place: WritableKeyPath<NaiveChain, Double>) -> Double {
      zip(c.sentences, c.naive).reduce(0) { $0 + slope(place, $1.0, $1.1) }
    }
    let tolerance = 3e-5
    for i in 0..<k {
      #expect(close(Double(c.crf.start.gradient.data[i]), total(\.start[i]), tolerance), "start \(i)")
      #expect(close(Double(c.crf.end.gradient.data[i]), total(\.end[i]), tolerance), "end \(i)")
      for j in stride(from: i % 3, to: k, by: k > 20 ? 3 : 1) {
        let gradient = Double(c.crf.transitions.gradient.data[i * k + j])
        #expect(close(gradient, total(\.transitions[i][j]), tolerance), "transition \(i) \(j)")
      }
    }
    for (s, naive) in zip(c.sentences, c.naive) {
      for t in naive.emissions.indices {
        for j in 0..<k {
          let gradient = Double(dwords.data[(c.offsets[s] + t) * k + j])
          #expect(close(gradient, slope(\.emissions[t][j], s, naive), tolerance), "word \(t) tag \(j)")
        }
      }
    }
  }

  /// An encoder may lie about its vectors: nothing outside them is read or written.
  @Test func vectorsOfOtherShapesAreRefused() throws {
    let crf = try CRF(width: 3, tags: 2, initial: 0.1, seed: 1)
    for (offsets, shape) in [
      ([0, 2], [2, 4]), ([0, 3], [2, 3]), ([0, 1], [2, 3]), ([0, 2, 1], [1, 3]), ([1, 2], [2, 3]), ([], [0, 3]),
    ] {
      let words = WordVectors(offsets: offsets, tensor: Tensor(zeros: shape))
      #expect(throws: PluginError.self, "\(offsets) \(shape)") { _ = try crf.decode(words, gold: nil, mode: .inference) }
      #expect(throws: PluginError.self, "\(offsets) \(shape)") { _ = try crf.bestPaths(words) }
    }
  }

  @Test func cotangentsOfOtherSizesAreRefused() throws {
    let c = try Case(Self.settings[2])
    #expect(throws: PluginError.self) {
      _ = try c.crf.decode(c.words, gold: c.gold, mode: .inference).backward(PosteriorCotangent(logPartition: [1]))
    }
    #expect(throws: PluginError.self) {
      let forward = try c.crf.decode(c.words, gold: c.gold, mode: .inference)
      _ = try forward.backward(PosteriorCotangent(marginals: Tensor(zeros: [1, 2])))
    }
  }
}
