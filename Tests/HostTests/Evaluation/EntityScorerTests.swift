import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

private func tags(_ text: String) -> [[String]] {
  text.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
}

@Suite struct EntityTests {
  @Test(arguments: [
    ("B-A I-A O B-A", "A0-2 A3-4"), ("I-A I-A B-A I-B", "A0-2 A2-3 B3-4"), ("O I-A", "A1-2"),
    ("B-A I-A E-A S-A E-A", "A0-3 A3-4 A4-5"), ("E-A E-A I-A", "A0-1 A1-2 A2-3"), ("S-A I-A", "A0-1 A1-2"),
    ("B-A B-A", "A0-1 A1-2"), ("B-a-b I-a-b I-a", "a-b0-2 a2-3"), ("B-A E-B", "A0-1 B1-2"), ("B I O I", "_0-2 _3-4"),
    ("U-A B-A L-A", "A0-1 A1-3"), ("O O", ""), ("", ""), ("B-A O-A I-A", "A0-1 A2-3"), ("X-A X-A X-B O", "A0-2 B2-3"),
  ])
  func chunksAreThoseOfConlleval(text: String, expected: String) {
    let found = Entity.entities(in: text.split(separator: " ").map(String.init))
    #expect(found.map { "\($0.type)\($0.words.lowerBound)-\($0.words.upperBound)" }.joined(separator: " ") == expected)
  }

  @Test(arguments: [
    ("B-A I-A I-B", TagScheme.iob2, "A0-2"), ("I-A B-A", .iob2, "A1-2"), ("B-A B-A I-A", .iob2, "A0-1 A1-3"),
    ("B-A I-A E-A S-B", .bioes, "A0-3 B3-4"), ("B-A I-A", .bioes, ""), ("B-A E-A E-A I-A", .bioes, "A0-2"),
    ("B-A S-A B-A B-A E-A", .bioes, "A1-2 A3-5"), ("B-A E-B", .bioes, ""),
  ])
  func strictEntitiesAreThoseOfSeqeval(text: String, scheme: TagScheme, expected: String) {
    let found = StrictEntities.entities(in: text.split(separator: " ").map(String.init), scheme: scheme)
    #expect(found.map { "\($0.type)\($0.words.lowerBound)-\($0.words.upperBound)" }.joined(separator: " ") == expected)
  }
}

@Suite struct EntityScorerTests {
  @Test func countsGiveTheScores() {
    let scores = EntityScorer.score(gold: tags("B-A I-A O B-B|B-A"), predicted: tags("B-A I-A O B-A|B-A"))
    #expect(scores.micro == Score(correct: 2, predicted: 3, gold: 3))
    #expect(scores.types["A"] == Score(correct: 2, predicted: 3, gold: 2))
    #expect(scores.types["B"] == Score(correct: 0, predicted: 0, gold: 1))
    #expect(abs(scores.micro.f1 - 2 / 3.0) < 1e-15)
    #expect(abs(scores.macro.precision - 1 / 3.0) < 1e-15)
    #expect(abs(scores.macro.recall - 0.5) < 1e-15)
    #expect(abs(scores.macro.f1 - 0.4) < 1e-15)
    #expect(scores.macro.support == 3)
  }

  @Test func undefinedRatiosAreZero() {
    let none = EntityScorer.score(gold: tags("O O"), predicted: tags("O O"))
    #expect(none.micro == Score(correct: 0, predicted: 0, gold: 0))
    #expect([none.micro.precision, none.micro.recall, none.micro.f1, none.macro.f1] == [0, 0, 0, 0])
    #expect(none.types.isEmpty)
  }

  @Test func entitiesDoNotCrossSentences() {
    #expect(EntityScorer.score(gold: tags("B-A|I-A"), predicted: tags("B-A|O")).micro.support == 2)
  }

  @Test func schemesMayDiffer() {
    let scores = EntityScorer.score(gold: tags("I-A I-A B-A"), predicted: tags("B-A E-A S-A"))
    #expect(scores.micro.f1 == 1)
  }

  @Test func jsonHasTheAgreedShape() throws {
    let scores = EntityScorer.score(gold: tags("B-A"), predicted: tags("B-A"))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(scores), as: UTF8.self)
    let one = #"{"f1":1,"precision":1,"recall":1,"support":1}"#
    #expect(json == #"{"macro":\#(one),"micro":\#(one),"types":{"A":\#(one)}}"#)
    let back = try JSONDecoder().decode(Scores.self, from: Data(json.utf8))
    #expect(back.micro.f1 == 1 && back.types["A"]?.support == 1)
  }

  @Test func tableIsInPercent() {
    let scores = EntityScorer.score(gold: tags("B-A O B-BB|B-A"), predicted: tags("B-A O O|O"))
    #expect(
      scores.table == """
        type   precision  recall     F1  entities  predicted  correct
        -----  ---------  ------  -----  --------  ---------  -------
        A         100.00   50.00  66.67         2          1        1
        BB          0.00    0.00   0.00         1          0        0
        micro     100.00   33.33  50.00         3          1        1
        macro      50.00   25.00  33.33         3
        """)
  }

  @Test func strictSchemeComesFromTheGoldTags() {
    #expect(EntityScorer.strictScheme(gold: tags("B-A E-A"), predicted: tags("B-A")) == .bioes)
    #expect(EntityScorer.strictScheme(gold: tags("I-A"), predicted: tags("S-A")) == .iob2)
    #expect(EntityScorer.strictScheme(gold: tags("O"), predicted: tags("S-A")) == .bioes)
    #expect(EntityScorer.strictScheme(gold: tags("O"), predicted: tags("O")) == .iob2)
    let scores = EntityScorer.score(gold: tags("O I-A"), predicted: tags("O B-A"), mode: .strict)
    #expect(scores.micro == Score(correct: 0, predicted: 1, gold: 0))
  }

  @Test func filesMustBeOfTheSameSentences() throws {
    let gold = try parsed("a B-X\nb O\n\nc O\n")
    #expect(try EntityScorer.score(gold: gold, predicted: gold).micro.f1 == 1)
    #expect(faults { _ = try EntityScorer.score(gold: gold, predicted: try parsed("a B-X\nb O\n")) }.map(\.code) == ["D209"])
    let other = faults { _ = try EntityScorer.score(gold: gold, predicted: try parsed("a B-X\n\nd O\n\nc O\n")) }
    #expect(other.places == ["D209:1"])
    #expect(other[0].message == "data.conll:2 has the sentence's end where data.conll:2 has `b`")
  }

  @Test func strictScoringRefusesForeignTags() throws {
    let gold = try parsed("a B-X\nb I-X\n"), other = try parsed("a B-X\nb E-X\n")
    #expect(faults { _ = try EntityScorer.score(gold: gold, predicted: other, mode: .strict) }.places == ["D205:2"])
    #expect(try EntityScorer.score(gold: gold, predicted: other).micro.f1 == 1)
    #expect(try EntityScorer.score(gold: other, predicted: gold, mode: .strict).micro.support == 1)
  }
}
