import PluginAPI

/// How many entities a system found in each sentence of a test set: all that micro F1 depends on.
struct EntityCounts: Sendable {
  /// A sentence's.
  struct Sentence: Sendable, Hashable {
    var correct: Int32, predicted: Int32, gold: Int32
  }
  var sentences: [Sentence]

  init(sentences: [Sentence]) { self.sentences = sentences }

  /// As conlleval counts.
  init(gold: [[String]], predicted: [[String]]) {
    sentences = zip(gold, predicted).map { gold, predicted in
      let right = Set(Entity.entities(in: gold)), said = Entity.entities(in: predicted)
      return Sentence(
        correct: Int32(said.count { right.contains($0) }), predicted: Int32(said.count), gold: Int32(right.count))
    }
  }

  /// Micro F1, 0 where there is nothing to find and nothing found.
  var f1: Double {
    Self.f1(
      sentences.reduce(into: (0, 0)) { sums, sentence in
        sums.0 += Int(sentence.correct)
        sums.1 += Int(sentence.predicted + sentence.gold)
      })
  }

  /// Of the sums of right ones, and of predicted and gold ones together.
  static func f1(_ sums: (correct: Int, either: Int)) -> Double {
    sums.either == 0 ? 0 : 2 * Double(sums.correct) / Double(sums.either)
  }
}

/// Two systems on the same test set, each run with one or more seeds; the statistic is the difference of their mean micro F1.
///
/// Both tests take the seeds' runs as they are and ask how much depends on the sentences of the test set.
struct PairedComparison: Codable, Sendable {
  /// F1 of the second minus F1 of the first, as fractions of 1.
  var difference: Double
  /// The difference's interval over bootstrap samples of the sentences, percentiles 2.5 and 97.5.
  var low: Double, high: Double
  /// Two-sided p-values: paired bootstrap (Efron and Tibshirani 1993, ch. 16: the samples moved to a difference of zero) and
  /// approximate randomisation (Noreen 1989: the systems' answers exchanged sentence by sentence), both counting the
  /// observed difference itself as one sample.
  var bootstrapP: Double, randomisationP: Double
  var samples: Int

  /// - Parameters:
  ///   - first, second: the systems' runs; all of the same sentences.
  ///   - samples: of each test.
  init(_ first: [EntityCounts], _ second: [EntityCounts], samples: Int = 10_000, seed: UInt64 = 1) {
    let a = Pooled(first), b = Pooled(second), count = min(a.sentences, b.sentences)
    let observed = b.f1() - a.f1()
    var beyond = 0, exchanged = 0
    var differences: [Double] = []
    differences.reserveCapacity(samples)
    var draws = RandomStream(seed: seed, "paired bootstrap"), coins = RandomStream(seed: seed, "approximate randomisation")
    var chosen = [Int](repeating: 0, count: count)
    for _ in 0..<samples {
      for i in 0..<count { chosen[i] = Int.random(in: 0..<max(1, count), using: &draws) }
      let difference = b.f1(of: chosen) - a.f1(of: chosen)
      differences.append(difference)
      // The last bits of a sum depend on its order.
      if abs(difference - observed) >= abs(observed) - 1e-12 { beyond += 1 }
      let swapped = Pooled.f1(a, b, count, coins: &coins)
      if abs(swapped) >= abs(observed) - 1e-12 { exchanged += 1 }
    }
    differences.sort()
    self.difference = observed
    self.samples = samples
    low = percentile(differences, 0.025) ?? observed
    high = percentile(differences, 0.975) ?? observed
    bootstrapP = Double(beyond + 1) / Double(samples + 1)
    randomisationP = Double(exchanged + 1) / Double(samples + 1)
  }
}

/// The counts of a system's runs, run by run.
private struct Pooled {
  let runs: [[EntityCounts.Sentence]]
  var sentences: Int { runs.map(\.count).min() ?? 0 }

  init(_ counts: [EntityCounts]) { runs = counts.map(\.sentences) }

  func f1() -> Double { mean { run in run.reduce(into: (0, 0)) { Self.add($1, to: &$0) } } }

  func f1(of chosen: [Int]) -> Double {
    mean { run in chosen.reduce(into: (0, 0)) { Self.add(run[$1], to: &$0) } }
  }

  /// The difference after each sentence's answers, those of all runs together, have been exchanged or not.
  static func f1(_ a: Pooled, _ b: Pooled, _ count: Int, coins: inout RandomStream) -> Double {
    var first = [(Int, Int)](repeating: (0, 0), count: a.runs.count),
      second = [(Int, Int)](repeating: (0, 0), count: b.runs.count)
    // Only runs of equal numbers can change places; those beyond stay.
    let pairs = min(a.runs.count, b.runs.count)
    var bits: UInt64 = 0
    for i in 0..<count {
      if i % 64 == 0 { bits = coins.next() }
      let swaps = bits & 1 == 1
      bits >>= 1
      for run in a.runs.indices { add(swaps && run < pairs ? b.runs[run][i] : a.runs[run][i], to: &first[run]) }
      for run in b.runs.indices { add(swaps && run < pairs ? a.runs[run][i] : b.runs[run][i], to: &second[run]) }
    }
    func mean(_ sums: [(Int, Int)]) -> Double { sums.reduce(0) { $0 + EntityCounts.f1($1) } / Double(max(1, sums.count)) }
    return mean(second) - mean(first)
  }

  private func mean(_ sums: ([EntityCounts.Sentence]) -> (Int, Int)) -> Double {
    runs.reduce(0) { $0 + EntityCounts.f1(sums($1)) } / Double(max(1, runs.count))
  }

  private static func add(_ sentence: EntityCounts.Sentence, to sums: inout (Int, Int)) {
    sums.0 += Int(sentence.correct)
    sums.1 += Int(sentence.predicted + sentence.gold)
  }
}
