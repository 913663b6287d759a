import FoundationEssentials
import Testing

@testable import Host

/// Every case of the scoring fixtures: conlleval's and seqeval's own results.
@Suite(.enabled(if: SharedFolder.has(SharedFolder.golden))) struct ScoringGoldenTests {
  struct Reference: Decodable, Sendable {
    var precision: Double?, recall: Double?, f1: Double?
    var support: Int?, tp: Int?, predicted: Int?, gold: Int?
  }
  /// Scores by type and `micro`; or the error that the reference raises.
  enum References: Decodable, Sendable {
    case scores([String: Reference]), error

    init(from decoder: any Swift.Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let scores = try? container.decode([String: Reference].self) {
        self = .scores(scores)
      } else {
        _ = try container.decode([String: String].self)
        self = .error
      }
    }
  }
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var gold: [[String]], pred: [[String]]
    var conlleval: References, seqeval: References
    var strictIOB2: References, strictBIOES: References
    var testDescription: String { name }

    private enum CodingKeys: String, CodingKey {
      case name, gold, pred, conlleval
      case seqeval = "seqeval_default"
      case strictIOB2 = "seqeval_strict_IOB2"
      case strictBIOES = "seqeval_strict_IOBES"
    }
  }
  struct File: Decodable { var cases: [Case] }

  static let cases: [Case] = {
    guard let data = FileManager.default.contents(atPath: SharedFolder.golden + "/scoring.json") else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data))?.cases ?? []
  }()

  @Test func theFileIsThere() { #expect(Self.cases.count >= 60) }

  @Test(arguments: cases) func equalsConlleval(item: Case) {
    let scores = EntityScorer.score(gold: item.gold, predicted: item.pred)
    compare(scores, item.conlleval)
    compare(scores, item.seqeval)
  }

  @Test(arguments: cases) func equalsStrictSeqeval(item: Case) {
    for (scheme, references) in [(TagScheme.iob2, item.strictIOB2), (.bioes, item.strictBIOES)] {
      compare(EntityScorer.score(gold: item.gold, predicted: item.pred, mode: .strict, scheme: scheme), references)
    }
  }

  /// Where the reference raises, files are refused as well.
  @Test(arguments: cases) func foreignTagsAreRefusedWhereSeqevalRaises(item: Case) throws {
    guard case .error = item.strictIOB2 else { return }
    func data(_ tags: [[String]]) -> Dataset {
      Dataset(
        path: "x",
        sentences: tags.map { Sentence(words: $0.indices.map { "w\($0)" }, tags: $0, line: 1, document: 0) })
    }
    let found = faults {
      _ = try EntityScorer.score(gold: data(item.gold), predicted: data(item.pred), mode: .strict, scheme: .iob2)
    }
    #expect(found.map(\.code) == ["D205"])
  }

  private func compare(_ scores: Scores, _ references: References) {
    guard case .scores(let references) = references else { return }
    #expect(Set(scores.types.keys).union(["micro"]) == Set(references.keys))
    for (name, reference) in references {
      guard let score = name == "micro" ? scores.micro : scores.types[name] else { continue }
      for (value, expected) in [
        (score.precision, reference.precision), (score.recall, reference.recall), (score.f1, reference.f1),
      ] {
        if let expected { #expect(abs(value - expected) < 1e-12, "\(name)") }
      }
      #expect(score.support == reference.support ?? reference.gold)
      if let tp = reference.tp { #expect(score.correct == tp) }
      if let predicted = reference.predicted { #expect(score.predicted == predicted) }
    }
  }
}
