import ContextFiles
import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Context statistics")
struct ContextStatisticsTests {
  /// The paper's Table 6: empty, denied, fail, correct.
  private static let table6: [String: [Int]] = [
    "reformulation-classic": [214, 374, 441, 2365], "reformulation-persona": [215, 257, 262, 2660],
    "reformulation-reflection": [209, 433, 216, 2536], "reformulation-answer-format": [222, 350, 281, 2541],
    "reformulation-all": [118, 310, 103, 2863], "entities-classic": [214, 313, 484, 2383],
    "entities-persona": [225, 222, 320, 2627], "entities-reflection": [221, 328, 273, 2572],
    "entities-answer-format": [239, 282, 406, 2467], "entities-all": [134, 258, 109, 2893],
    "variation-classic": [237, 347, 415, 2395], "variation-persona": [221, 285, 256, 2632],
    "variation-reflection": [209, 338, 215, 2632], "variation-answer-format": [212, 372, 289, 2521],
    "variation-all": [136, 292, 91, 2875],
  ]

  private var data: String { environment("CALM_DATA") ?? dataFolder() }

  private func counts(_ path: String) throws -> [Int] {
    let found = try ContextStatistics(ContextSet.read(path), name: path, failBelow: 20)
    #expect(found.total == 3394 && found.failBelow == 20)
    return [found.empty, found.denied, found.fail, found.correct]
  }

  @Test func tableSixIsReproduced() throws {
    let root = data + "/contexts/wnut17-llama2"
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    if folders.isEmpty { print("skipped: no contexts in \(root)") }
    for folder in folders.sorted() {
      #expect(try counts("\(root)/\(folder)/train.json.gz") == Self.table6[folder], "\(folder)")
    }
  }

  /// The paper prints no Denied and no Fail for these; its own rule finds some.
  @Test func searchedContextsByTheSameRule() throws {
    let path = data + "/contexts/wnut17-google/train.json.gz"
    guard FileManager.default.fileExists(atPath: path) else { return print("skipped: no \(path)") }
    #expect(try counts(path) == [202, 2, 111, 3079])
  }

  @Test func lengthsTokensAndMentions() throws {
    let lab = try Lab()
    try lab.write("Anna B-PER\nLind I-PER\nslept O\n\nSt B-LOC\n. I-LOC\nIves I-LOC\n\nOslo B-LOC\n\n", to: "gold.conll")
    let set = ContextSet(
      StoredContexts(
        path: "f", format: .json,
        records: [
          StoredContext(text: "Anna Lind slept", context: "ANNA\nLIND is a person", line: 1),
          StoredContext(text: "St . Ives", context: "St. Ives, a town  of Oslo's", line: 2),
          StoredContext(text: "Oslo", context: "Osloer", line: 3),
        ]), name: "f")
    let found = try ContextStatistics([set], name: "f", failBelow: 5, gold: GoldEntities(path: lab.path("gold.conll")))
    // A new line is a full stop: ANNA.LIND is one word, and two where punctuation stands apart.
    #expect(found.fail == 2 && found.correct == 1 && found.at15.fail == 3)
    #expect(found.meanWords == 11 / 3.0 && found.wordQuantiles["p50"] == 4 && found.wordQuantiles["p100"] == 6)
    #expect(found.wordHistogram.map(\.count) == [3] && found.distinctWords == 10)
    #expect(found.goldMentions?.entities == 3 && found.goldMentions?.mentioned == 1)
    #expect(found.tokens == nil && found.seconds == nil)
    let empty = try ContextStatistics([], name: "none", failBelow: 20)
    #expect(empty.total == 0 && empty.meanWords == 0 && empty.shares.correct == 0)
    try lab.write("Oslo B-LOC\n", to: "short.conll")
    #expect(throws: Diagnostic.self) { try GoldEntities(path: lab.path("short.conll")).mentions(in: [set]) }
  }
}
