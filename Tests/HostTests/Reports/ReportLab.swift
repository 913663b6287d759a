import FoundationEssentials
import PluginAPI
import TestSupport

@testable import Host

/// Run folders made up for reports, without any training.
final class ReportLab {
  let folder = FileManager.default.temporaryDirectory.path + "/calm-report-\(UInt64.random(in: 0 ..< .max))"

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  struct Sentence {
    var words: [String], gold: [String], with: [String]?, without: [String], context: String?
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func text(_ name: String) throws -> String { String(decoding: try FileBytes.read(path(name)), as: UTF8.self) }

  func files(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted() }

  /// A run that predicted `sentences`; `steps` of ten each in every one of `epochs`.
  func run(
    _ name: String, _ sentences: [Sentence], seed: UInt64 = 1, epochs: Int = 3, steps: Int = 4, settings: String = ""
  ) throws {
    try FileManager.default.createDirectory(atPath: path(name) + "/contexts", withIntermediateDirectories: true)
    let gold = sentences.map(\.gold)
    func scores(_ tags: [[String]]) -> Scores { EntityScorer.score(gold: gold, predicted: tags) }
    let with = sentences.compactMap(\.with), augmented = with.count == sentences.count
    let split = RunResults.Split(with: augmented ? scores(with) : nil, without: scores(sentences.map(\.without)))
    var rows: [EpochRow] = [], log = ""
    for epoch in 1...epochs {
      for step in 1...steps {
        let number = ((epoch - 1) * steps + step) * 10
        log +=
          try jsonLine(
            StepRow(
              step: number, epoch: epoch, loss: 30 / Double(number),
              parts: ["NLL": 20 / Double(number), "KL": 10 / Double(number)],
              gradientNorm: 5, rateFactor: 1)) + "\n"
      }
      let row = EpochRow(
        epoch: epoch, step: epoch * steps * 10, loss: 1 / Double(epoch), parts: ["NLL": 1],
        with: augmented ? 0.5 + 0.1 * Double(epoch) : nil,
        without: 0.4 + 0.1 * Double(epoch) + 0.01 * Double(seed), best: true)
      rows.append(row)
      log += try jsonLine(row) + "\n"
    }
    let results = RunResults(
      splits: ["dev": split, "test": split], seed: seed, bestEpoch: epochs, epochs: rows, truncation: .init())
    try write(results.json, "\(name)/results.json")
    try write(log, "\(name)/metrics.jsonl")
    try write("name: lab\n\(settings)contexts: {failBelow: 3}\nseed: \(seed)\n", "\(name)/config.yaml")
    try write("crf 1.0.0 abc\n", "\(name)/plugins.used")
    let columns = sentences.map { Host.Sentence(words: $0.words, tags: $0.gold, line: 1, document: 0) }
    try write(ColumnFile.text(columns, predictions: sentences.map(\.without)), "\(name)/predictions.without.conll")
    if augmented { try write(ColumnFile.text(columns, predictions: with), "\(name)/predictions.with.conll") }
    let contexts = sentences.compactMap(\.context)
    guard contexts.count == sentences.count else { return }
    let examples = sentences.enumerated().map { i, sentence in
      Example(id: i, words: sentence.words, tags: [], gold: [], contextText: sentence.context ?? "", context: [])
    }
    let corpus = Corpus(
      tags: TagSet(names: ["O"]), splits: ["test": examples], augmented: true, unasked: 0, warnings: [])
    try UsedContexts.write(corpus, in: RunFolder(path: path(name)))
  }

  func write(_ text: String, _ name: String) throws { try FileBytes.write(text, to: path(name)) }

  /// Sentences of one pattern; every `fault`-th is wrong without its context.
  static func sentences(_ count: Int, fault: Int = 3, words: Int = 6) -> [Sentence] {
    (0..<count).map { i in
      let gold = ["B-PER", "I-PER", "O", "B-LOC"] + [String](repeating: "O", count: words - 4)
      var without = gold
      if i % fault == 0 { without[1] = "O" }
      if i % (2 * fault) == 0 { without[5] = "B-ORG" }
      return Sentence(
        words: ["Anna", "Berg\(i)", "in", "Oslo"] + (4..<words).map { "w\($0)" }, gold: gold, with: gold, without: without,
        context: i % 7 == 0 ? "" : "Oslo is a town number \(i) in the north.")
    }
  }
}
