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
    let correct = sentences.reduce(0) { $0 + Int($1.correct) }
    return Self.f1((correct, sentences.reduce(0) { $0 + Int($1.predicted + $1.gold) }))
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
  /// approximate randomisation (Noreen 1989: the systems' answers exchanged sentence by sentence; those of unequal numbers of runs
  /// as the mean counts of their runs), both counting the observed difference itself as one sample.
  var bootstrapP: Double, randomisationP: Double
  var samples: Int

  /// - Parameters:
  ///   - first, second: the systems' runs; all of the same sentences.
  ///   - samples: of each test.
  init(_ first: [EntityCounts], _ second: [EntityCounts], samples: Int = 10_000, seed: UInt64 = 1) {
    let count = (first + second).map(\.sentences.count).min() ?? 0
    let a = PackedCounts(first, count), b = PackedCounts(second, count)
    let observed = b.f1 - a.f1
    let differences = Self.bootstrap(a, b, samples, RandomStream(seed: seed, "paired bootstrap"))
    // The last bits of a sum depend on its order.
    let beyond = differences.count { abs($0 - observed) >= abs(observed) - 1e-12 }
    // Only runs of equal numbers can change places: else a system's answer to a sentence is the mean over its runs.
    let (left, right) = a.runs == b.runs ? (a, b) : (a.added(times: b.runs), b.added(times: a.runs))
    let exchanged = Self.exchanges(left, right, samples, RandomStream(seed: seed, "approximate randomisation"))
    let extreme = exchanged.count { abs($0) >= abs(right.f1 - left.f1) - 1e-12 }
    let sorted = differences.sorted()
    difference = observed
    low = percentile(sorted, 0.025) ?? observed
    high = percentile(sorted, 0.975) ?? observed
    bootstrapP = Double(beyond + 1) / Double(samples + 1)
    randomisationP = Double(extreme + 1) / Double(samples + 1)
    self.samples = samples
  }

  /// The differences of samples of the sentences, drawn with replacement.
  private static func bootstrap(_ a: PackedCounts, _ b: PackedCounts, _ samples: Int, _ stream: RandomStream) -> [Double] {
    var draws = stream
    let both = a.beside(b), runs = both.runs, count = a.sentences
    return both.values.withUnsafeBufferPointer { values in
      (0..<samples).map { _ in
        var sums = [UInt64](repeating: 0, count: runs), bits: UInt64 = 0
        for i in 0..<count {
          // Two places from the halves of one number: that they are not exactly as likely is beyond any sample.
          bits = i & 1 == 0 ? draws.next() : bits << 32
          let place = Int(((bits >> 32) &* UInt64(count)) >> 32) * runs
          for run in 0..<runs { sums[run] &+= values[place + run] }
        }
        return PackedCounts.f1(sums[a.runs...]) - PackedCounts.f1(sums[..<a.runs])
      }
    }
  }

  /// The differences after each sentence's answers, those of all runs together, have been exchanged or not.
  private static func exchanges(_ a: PackedCounts, _ b: PackedCounts, _ samples: Int, _ stream: RandomStream) -> [Double] {
    var coins = stream
    let runs = a.runs, before = a.sums, total = zip(before, b.sums).map { $0 &+ $1 }
    // What an exchange adds to the first system; differences of packed sums wrap, and so do their sums.
    let changes = zip(a.values, b.values).map { $1 &- $0 }
    return changes.withUnsafeBufferPointer { changes in
      (0..<samples).map { _ in
        var sums = before, bits: UInt64 = 0
        for i in 0..<a.sentences {
          if i % 64 == 0 { bits = coins.next() }
          let mask = 0 &- (bits & 1)
          bits >>= 1
          for run in 0..<runs { sums[run] &+= changes[i * runs + run] & mask }
        }
        return PackedCounts.f1(zip(total, sums).map { $0 &- $1 }[...]) - PackedCounts.f1(sums[...])
      }
    }
  }
}

/// The counts of a system's runs: right ones in the upper half, predicted and gold ones together in the lower, so that one addition
/// sums both.
private struct PackedCounts {
  let runs: Int, sentences: Int
  /// [sentences, runs]
  let values: [UInt64]

  init(_ counts: [EntityCounts], _ sentences: Int) {
    (runs, self.sentences) = (counts.count, sentences)
    var values: [UInt64] = []
    values.reserveCapacity(runs * sentences)
    for i in 0..<sentences {
      for run in counts {
        let sentence = run.sentences[i], either = UInt64(sentence.predicted + sentence.gold)
        values.append(UInt64(sentence.correct) << 32 | either)
      }
    }
    self.values = values
  }

  private init(runs: Int, sentences: Int, values: [UInt64]) {
    (self.runs, self.sentences, self.values) = (runs, sentences, values)
  }

  /// The mean over the runs of each sentence's counts, as one run and times the numbers of runs of both systems.
  func added(times factor: Int) -> PackedCounts {
    let sums = (0..<sentences).map { row($0).reduce(0, &+) &* UInt64(factor) }
    return PackedCounts(runs: 1, sentences: sentences, values: sums)
  }

  /// The runs of both.
  func beside(_ other: PackedCounts) -> PackedCounts {
    PackedCounts(
      runs: runs + other.runs, sentences: sentences, values: (0..<sentences).flatMap { row($0) + other.row($0) })
  }

  private func row(_ i: Int) -> ArraySlice<UInt64> { values[i * runs..<(i + 1) * runs] }

  /// By run.
  var sums: [UInt64] {
    (0..<runs).map { run in stride(from: run, to: values.count, by: runs).reduce(0) { $0 &+ values[$1] } }
  }

  var f1: Double { Self.f1(sums[...]) }

  /// The mean of the runs' micro F1.
  static func f1(_ sums: ArraySlice<UInt64>) -> Double {
    sums.reduce(0) { $0 + EntityCounts.f1((Int($1 >> 32), Int($1 & 0xFFFF_FFFF))) } / Double(max(1, sums.count))
  }
}
