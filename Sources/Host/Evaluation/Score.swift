/// How well entities were found, in fractions of 1.
struct Score: Sendable, Hashable, Codable {
  let precision: Double
  let recall: Double
  let f1: Double
  /// The entities that there are.
  let support: Int
  /// How many were found right, and how many were predicted at all; nil for an average and for a score read from a file.
  let correct: Int?, predicted: Int?

  private enum CodingKeys: String, CodingKey {
    case precision, recall, f1, support
  }

  /// From counts; an undefined ratio is 0.
  init(correct: Int, predicted: Int, gold: Int) {
    func ratio(_ numerator: Int, _ denominator: Int) -> Double {
      denominator == 0 ? 0 : Double(numerator) / Double(denominator)
    }
    precision = ratio(correct, predicted)
    recall = ratio(correct, gold)
    f1 = ratio(2 * correct, predicted + gold)
    support = gold
    self.correct = correct
    self.predicted = predicted
  }

  /// The unweighted mean of `scores`, 0 where there are none; support is their sum.
  init(meanOf scores: some Collection<Score>) {
    func mean(_ value: (Score) -> Double) -> Double {
      scores.isEmpty ? 0 : scores.reduce(0) { $0 + value($1) } / Double(scores.count)
    }
    precision = mean(\.precision)
    recall = mean(\.recall)
    f1 = mean(\.f1)
    support = scores.reduce(0) { $0 + $1.support }
    correct = nil
    predicted = nil
  }

  init(from decoder: any Swift.Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    precision = try values.decode(Double.self, forKey: .precision)
    recall = try values.decode(Double.self, forKey: .recall)
    f1 = try values.decode(Double.self, forKey: .f1)
    support = try values.decode(Int.self, forKey: .support)
    correct = nil
    predicted = nil
  }
}

/// The scores of a file: over all entities, the mean over types, and each type's.
struct Scores: Sendable, Hashable, Codable {
  var micro: Score
  var macro: Score
  var types: [String: Score]
}

extension Scores {
  /// For a person, in per cent.
  var table: String {
    func row(_ name: String, _ score: Score) -> [String] {
      [name] + [score.precision, score.recall, score.f1].map { percent($0) }
        + [String(score.support), score.predicted.map(String.init) ?? "", score.correct.map(String.init) ?? ""]
    }
    let rows = types.sorted { $0.key < $1.key }.map { row($0.key, $0.value) } + [row("micro", micro), row("macro", macro)]
    return TextTable(header: ["type", "precision", "recall", "F1", "entities", "predicted", "correct"], rows: rows).description
  }
}
