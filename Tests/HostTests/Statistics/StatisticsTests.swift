import FoundationEssentials
import Testing

@testable import Host

/// Against scipy (reference.json, written by reference.py), and against answers known by hand.
@Suite("Statistics") struct StatisticsTests {
  private struct Fixture: Decodable {
    struct Sample: Decodable {
      var x: [Double], y: [Double], pearson: [Double], spearman: [Double], mean: Double, std: Double, half: Double
    }
    struct Correction: Decodable { var p: [Double], bh: [Double] }
    struct Beta: Decodable { var x: Double, a: Double, b: Double, value: Double }
    struct Tail: Decodable { var t: Double, df: Double, p: Double }
    struct Quantile: Decodable { var confidence: Double, df: Double, value: Double }
    struct Paired: Decodable {
      var a: [[Int32]], b: [[Int32]], difference: Double, randomisationP: Double, low: Double, high: Double, bootstrapP: Double
    }
    var samples: [Sample], corrections: [Correction], beta: [Beta], t: [Tail], quantiles: [Quantile], paired: [Paired]
  }

  private static let fixture = Result {
    let path = #filePath.replacing("StatisticsTests.swift", with: "reference.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func isClose(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
  }

  @Test func distributionsAreScipys() throws {
    let fixture = try Self.fixture.get()
    for row in fixture.beta { #expect(isClose(incompleteBeta(row.x, row.a, row.b), row.value), "\(row)") }
    for row in fixture.t {
      let p = StudentT.twoSided(row.t, freedom: row.df)
      #expect(abs(p - row.p) <= 1e-9 * row.p, "\(row): \(p)")
    }
    for row in fixture.quantiles {
      #expect(isClose(StudentT.quantile(confidence: row.confidence, freedom: row.df), row.value, 1e-9), "\(row)")
    }
  }

  @Test func samplesAndCorrelationsAreScipys() throws {
    for sample in try Self.fixture.get().samples {
      let summary = SampleSummary(sample.x)
      #expect(isClose(summary.mean, sample.mean) && isClose(summary.std, sample.std))
      #expect(isClose(summary.halfWidth(), sample.half, 1e-9))
      let pearson = try #require(Correlation.pearson(sample.x, sample.y))
      #expect(isClose(pearson.coefficient, sample.pearson[0]) && isClose(pearson.pValue, sample.pearson[1], 1e-8))
      let spearman = try #require(Correlation.spearman(sample.x, sample.y))
      #expect(isClose(spearman.coefficient, sample.spearman[0]) && isClose(spearman.pValue, sample.spearman[1], 1e-8))
    }
  }

  @Test func fewAndConstantValues() {
    #expect(SampleSummary([0.5]).std == nil && SampleSummary([0.5]).halfWidth() == nil)
    #expect(SampleSummary([1, 2, 3, 4]).std.map { isClose($0, (5.0 / 3).squareRoot()) } == true)
    #expect(SampleSummary([0.4531, 0.4483]).percentText == "45.07 ± 0.34")
    #expect(Correlation.pearson([1], [1]) == nil && Correlation.pearson([0.1, 0.1, 0.1], [1, 2, 3]) == nil)
    #expect(Correlation.pearson([1, 2], [5, 3]) == Correlation(coefficient: -1, pValue: nil, count: 2))
    #expect(Correlation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
  }

  @Test func correctionsAreScipysAndKnown() throws {
    for row in try Self.fixture.get().corrections {
      let adjusted = ManyComparisons.benjaminiHochberg(row.p)
      #expect(zip(adjusted, row.bh).allSatisfy { isClose($0, $1) })
    }
    #expect(
      ManyComparisons.holm([0.01, 0.04, 0.03, 0.005]).map { (($0 * 1000).rounded()) / 1000 } == [0.03, 0.06, 0.06, 0.02])
    #expect(ManyComparisons.holm([0.9, 0.8]) == [1, 1])
  }

  private func counts(_ rows: [[Int32]]) -> EntityCounts {
    EntityCounts(sentences: rows.map { .init(correct: $0[0], predicted: $0[1], gold: $0[2]) })
  }

  /// Within what 20 000 random samples can be off (four standard errors), of scipy's exact or 200 000 samples.
  @Test func pairedTestsAreScipys() throws {
    for row in try Self.fixture.get().paired {
      let result = PairedComparison([counts(row.a)], [counts(row.b)], samples: 20_000)
      func error(_ p: Double) -> Double { 4 * (p * (1 - p) * (1 / 20_000 + 1 / 200_000)).squareRoot() + 1e-4 }
      #expect(isClose(result.difference, row.difference))
      #expect(abs(result.randomisationP - row.randomisationP) < error(row.randomisationP), "\(result)")
      #expect(abs(result.bootstrapP - row.bootstrapP) < error(row.bootstrapP), "\(result)")
      #expect(abs(result.low - row.low) < 0.01 && abs(result.high - row.high) < 0.01, "\(result)")
    }
  }

  @Test func pairedTestsKnowTheExtremes() throws {
    let good = EntityCounts(sentences: Array(repeating: .init(correct: 2, predicted: 2, gold: 2), count: 50))
    let bad = EntityCounts(sentences: Array(repeating: .init(correct: 0, predicted: 2, gold: 2), count: 50))
    let same = PairedComparison([good], [good], samples: 500)
    #expect(same.difference == 0 && same.bootstrapP == 1 && same.randomisationP == 1)
    let apart = PairedComparison([bad], [good], samples: 500)
    #expect(apart.difference == 1 && apart.low == 1 && apart.randomisationP < 0.005)
    // A sure difference: every sample is as far from it as nothing, never as far as zero is.
    #expect(apart.bootstrapP < 0.005)
    // Runs are averaged.
    #expect(PairedComparison([bad, good], [good, good], samples: 100).difference == 0.5)
    #expect(PairedComparison([bad], [good], samples: 200).low == PairedComparison([bad], [good], samples: 200).low)
  }

  /// Answers are exchanged as means then: no run belongs to another.
  @Test func unequalNumbersOfRunsHaveNoOrder() {
    func run(_ step: Int, _ shift: Int) -> EntityCounts {
      EntityCounts(sentences: (0..<60).map { .init(correct: ($0 * step + shift) % 5 < 2 ? 0 : 1, predicted: 1, gold: 1) })
    }
    let runs = [run(7, 0), run(3, 1), run(11, 4)], other = run(13, 3)
    let ordered = [[0, 1, 2], [1, 2, 0], [2, 1, 0]].map { order in
      PairedComparison(order.map { runs[$0] }, [other], samples: 2000).randomisationP
    }
    #expect(Set(ordered).count == 1, "\(ordered)")
    // A run counted twice says what it says once.
    let once = PairedComparison([runs[0]], [other], samples: 2000),
      twice = PairedComparison([runs[0]], [other, other], samples: 2000)
    #expect(once.randomisationP == twice.randomisationP && once.difference == twice.difference)
  }

  /// Where each sentence has one entity and one prediction, F1 over samples is binomial: 262 and 298 of 400 are its 2.5 and 97.5
  /// per cent.
  @Test func intervalsAreThoseOfTheBinomialDistribution() {
    let counts = EntityCounts(sentences: (0..<400).map { .init(correct: $0 < 280 ? 1 : 0, predicted: 1, gold: 1) })
    let interval = BootstrapInterval(counts, samples: 20_000)
    #expect(abs(interval.low - 262.0 / 400) <= 0.0026 && abs(interval.high - 298.0 / 400) <= 0.0026, "\(interval)")
    #expect(BootstrapInterval(counts, samples: 500) == BootstrapInterval(counts, samples: 500))
    let sure = BootstrapInterval(EntityCounts(sentences: Array(repeating: .init(correct: 2, predicted: 2, gold: 2), count: 9)))
    #expect(sure.low == 1 && sure.high == 1 && sure.samples == 2000)
    let nothing = BootstrapInterval(EntityCounts(sentences: []))
    #expect(nothing.low == 0 && nothing.high == 0)
    #expect(percentile([1, 2, 4], 0.75) == 3 && percentile([], 0.5) == nil)
  }

  @Test func countsAreConllevals() {
    let gold = [["B-PER", "I-PER", "O"], ["O", "B-LOC"]], predicted = [["B-PER", "I-PER", "O"], ["B-LOC", "O"]]
    let counts = EntityCounts(gold: gold, predicted: predicted)
    #expect(counts.sentences == [.init(correct: 1, predicted: 1, gold: 1), .init(correct: 0, predicted: 1, gold: 1)])
    #expect(counts.f1 == EntityScorer.score(gold: gold, predicted: predicted).micro.f1)
  }
}
