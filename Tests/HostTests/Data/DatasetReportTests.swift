import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

@Suite struct DatasetReportTests {
  private func dataset(_ name: String, _ text: String) throws -> Dataset {
    try ColumnFile.parse(Array(text.utf8), path: name)
  }

  @Test func everythingIsCounted() throws {
    let train = try dataset(
      "train", "-DOCSTART- O\n\na B-X\nb I-X\n\na B-X\nb I-X\n\na B-X\nb I-X\n\nlonger O\nb B-Y\nc O\n\nd O\n\nd I-Y\n")
    let file = try FileReport(train)
    #expect(file.sentences == 6)
    #expect(file.documents == 1)
    #expect(file.tokens == 11)
    #expect(file.entities == 5)
    #expect(file.types == ["X": 3, "Y": 2])
    #expect(file.scheme == .iob2)
    #expect(file.malformed == [.init(line: 18, message: "`I-Y` at the start of the sentence (IOB2)")])
    #expect(file.duplicates == .init(sentences: 3, texts: 2))
    #expect(file.oneTokenSentences == 2)
    #expect(file.longestSentence == .init(length: 3, line: 12, text: "longer b c"))
    #expect(file.longestToken == .init(length: 6, line: 12, text: "longer"))
  }

  @Test func filesAreCompared() throws {
    let train = try dataset("train", "a B-X\nb O\n\nc O\n")
    let test = try dataset("test", "a O\nb O\n\na O\nb O\n\nd B-Z\n\nc. O\n")
    let report = try DatasetReport([train, test])
    #expect(report.shared == [.init(file: "train", other: "test", sentences: 2, texts: 1)])
    #expect(report.unseen == [.init(file: "test", type: "Z", entities: 1)])
    #expect(!report.hasFaults)
    #expect(report.text.contains("2 sentences of test (1 different) also stand in train"))
    #expect(report.text.contains("test has 1 of type Z, which train never has"))
  }

  @Test func textThatOnlyLooksAlikeIsNoDuplicate() throws {
    let report = try DatasetReport([try dataset("x", "\u{E9} O\n\ne\u{301} O\n")])
    #expect(report.files[0].duplicates.sentences == 0)
  }

  @Test func textShowsOneColumnAFile() throws {
    let stray = String(repeating: "\nc O\nd I-X\n", count: 12), right = String(repeating: "\ne B-X\n", count: 20)
    let report = try DatasetReport([
      try dataset("a/train", "a B-X\n\nb I-X\n" + stray + right), try dataset("b/train", "f O\n"),
    ])
    let lines = report.text.split(separator: "\n").map(String.init)
    #expect(lines[0].split(separator: " ") == ["a/train", "b/train"])
    #expect(lines.contains { $0.hasPrefix("sentences") && $0.hasSuffix("  1") })
    #expect(lines.contains { $0.hasPrefix("scheme") && $0.hasSuffix("IOB2 (or IOB1)") })
    #expect(lines.contains("  line 3: `I-X` at the start of the sentence (IOB2)"))
    #expect(lines.contains("  … and 3 more"))
  }

  @Test func jsonReadsBackTheSame() throws {
    let report = try DatasetReport([try dataset("train", "a B-X\nb I-Y\n\na O\n"), try dataset("dev", "a O\n")])
    let json = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(DatasetReport.self, from: json) == report)
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains(#""oneTokenSentences":1"#))
    #expect(text.contains(#""scheme":"iob2""#))
  }
}

/// The counts that the folder's own table gives.
@Suite(.enabled(if: SharedFolder.has(SharedFolder.data))) struct DatasetCountsTests {
  struct Expected: Sendable, CustomTestStringConvertible {
    var file: String
    var sentences: Int, tokens: Int, documents: Int
    var types: [String: Int]
    var testDescription: String { file }
  }

  static let all: [Expected] = [
    wnut("train", 3394, 62730, [221, 140, 264, 548, 660, 142]), wnut("dev", 1009, 15733, [34, 105, 39, 74, 470, 114]),
    wnut("test", 1287, 23394, [66, 142, 165, 150, 429, 127]),
    conll("train", 14041, 203621, 946, [7140, 3438, 6321, 6600]), conll("dev", 3250, 51362, 216, [1837, 922, 1341, 1842]),
    conll("test", 3453, 46435, 231, [1646, 723, 1715, 1618]),
    bc5cdr("train", 4560, 118170, [5203, 4182]), bc5cdr("dev", 4581, 117453, [5347, 4246]),
    bc5cdr("test", 4797, 124750, [5385, 4424]),
  ]

  private static func wnut(_ split: String, _ sentences: Int, _ tokens: Int, _ counts: [Int]) -> Expected {
    let types = ["corporation", "creative-work", "group", "location", "person", "product"]
    return Expected(
      file: "wnut17/\(split).conll", sentences: sentences, tokens: tokens, documents: 0,
      types: Dictionary(uniqueKeysWithValues: zip(types, counts)))
  }
  private static func conll(_ split: String, _ sentences: Int, _ tokens: Int, _ documents: Int, _ counts: [Int]) -> Expected {
    Expected(
      file: "conllpp/\(split).txt", sentences: sentences, tokens: tokens, documents: documents,
      types: Dictionary(uniqueKeysWithValues: zip(["LOC", "MISC", "ORG", "PER"], counts)))
  }
  private static func bc5cdr(_ split: String, _ sentences: Int, _ tokens: Int, _ counts: [Int]) -> Expected {
    Expected(
      file: "bc5cdr/\(split).tsv", sentences: sentences, tokens: tokens, documents: 0,
      types: Dictionary(uniqueKeysWithValues: zip(["Chemical", "Disease"], counts)))
  }

  private func read(_ file: String) throws -> Dataset { try ColumnFile.read(path: "\(SharedFolder.data)/\(file)") }

  @Test(arguments: all) func countsEqualTheTable(expected: Expected) throws {
    let data = try read(expected.file)
    let report = try FileReport(data)
    #expect(report.sentences == expected.sentences)
    #expect(report.tokens == expected.tokens)
    #expect(report.documents == expected.documents)
    #expect(report.types == expected.types)
    #expect(report.scheme == .iob2)
    #expect(report.malformed.isEmpty)
    #expect(Set(data.sentences.map(\.document)).count == max(1, expected.documents))
    // What is written reads back the same, and so do the tags by way of BIOES.
    let bioes = try data.converted(to: .bioes)
    #expect(bioes.faults(of: .bioes).isEmpty)
    let text = try ColumnFile.text(bioes.sentences, documents: data.documentCount > 0)
    let again = try ColumnFile.parse(Array(text.utf8), path: data.path).converted(to: .iob2)
    #expect(again.sentences.map(\.tags) == data.sentences.map(\.tags))
    #expect(again.sentences.map(\.words) == data.sentences.map(\.words))
    #expect(again.sentences.map(\.document) == data.sentences.map(\.document))
  }

  @Test func odditiesAreFound() throws {
    let splits = ["train", "dev", "test"].map { "wnut17/\($0).conll" }
    let wnut = try DatasetReport(try splits.map(read))
    #expect(wnut.files[0].duplicates.sentences == 103)
    #expect(wnut.files[2].oneTokenSentences == 30)
    #expect(wnut.files[2].longestToken.length == 195)
    #expect(wnut.unseen.isEmpty)
    let conll = try DatasetReport(["conllpp/train.txt", "conllpp/test.txt"].map(read))
    #expect(conll.shared.map(\.texts) == [78])
    let bc5cdr = try DatasetReport(["bc5cdr/train.tsv", "bc5cdr/test.tsv"].map(read))
    #expect(bc5cdr.shared.map(\.texts) == [8])
  }

  @Test func theLargestFileReadsAtOnce() throws {
    let path = "\(SharedFolder.data)/conllpp/train.txt"
    let best = try (0..<3).map { _ in try ContinuousClock().measure { _ = try ColumnFile.read(path: path) } }.min() ?? .zero
    print("3 MB of columns read in \(best)")
    // Measured 30 ms; the bound leaves room for a busy machine and a debug build.
    #if DEBUG
      #expect(best < .seconds(5))
    #else
      #expect(best < .milliseconds(200))
    #endif
  }
}
