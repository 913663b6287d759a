import ArgumentParser
import PluginAPI

/// `calm contexts stats`: classes and lengths, as the paper's Table 6 counts them.
struct ContextsStats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Count contexts by class and describe their lengths.",
    discussion: "PATH is a store, or any file that `calm contexts import` reads. The paper's Table 6 was made with 20 as the "
      + "threshold of Fail; its text says 15.")

  @Argument(help: "Stores or files; default: the store of CALM_CACHE.") var paths: [String] = []
  @Option(help: "Fewer distinct pieces between single spaces than this make the class Fail.")
  var failBelow = ContextsSection.standardFailBelow
  @Option(help: "A labelled file: count how many of its entities the contexts mention.") var gold: String?
  @Option(help: "With --gold: what a line begins with that is to be passed over.") var comment: String?
  @Flag(help: "Add the mean BERTScore F1 of contexts against their sentences; an empty context counts 0.")
  var bertscore = false
  @Option(help: ArgumentHelp("With --bertscore: the encoder's folder.", valueName: "folder")) var model: String?
  @Option(help: "With --bertscore: the encoder plugin; default: chosen by the model's model_type.") var plugin: String?
  @Option(help: "With --bertscore: compare the states behind this layer; default: the last.") var layer: Int?
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if bertscore != (model != nil) { throw ValidationError("--bertscore and --model go together") }
  }

  /// A path's counts; for a store also those of its parts.
  private struct Report: Encodable {
    var whole: ContextStatistics
    var groups: [ContextStatistics]?

    private enum CodingKeys: String, CodingKey { case groups }

    func encode(to encoder: any Swift.Encoder) throws {
      try whole.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(groups, forKey: .groups)
    }
  }

  mutating func run() throws {
    let entities = try gold.map { try GoldEntities(path: $0, comment: comment) }
    var similarity = try model.map { try ContextSimilarity(model: $0, plugin: plugin, layer: layer) }
    let reports = try (paths.isEmpty ? [ContextStore.defaultPath] : paths).map { path in
      let sets = try ContextSet.read(path)
      let scores = try sets.map { try similarity?.scores(of: $0) ?? [] }
      func statistics(_ range: Range<Int>, _ name: String) throws -> ContextStatistics {
        try ContextStatistics(
          Array(sets[range]), name: name, failBelow: failBelow, gold: entities,
          bertScores: similarity == nil ? nil : Array(scores[range].joined()))
      }
      return Report(
        whole: try statistics(sets.indices, path),
        groups: ContextSet.isStore(path) ? try sets.indices.map { try statistics($0..<$0 + 1, sets[$0].name) } : nil)
    }
    if format == .json {
      return Console.shared.result(reports.count == 1 ? prettyJSON(reports[0]) : prettyJSON(reports))
    }
    Console.shared.result(text(reports.flatMap { [$0.whole] + ($0.groups ?? []) }))
  }

  private func text(_ rows: [ContextStatistics]) -> String {
    var header = [
      "contexts of", "empty", "denied", "fail", "correct", "total", "% correct", "words", "median", "95 %", "distinct",
    ]
    if gold != nil { header.append("% mentioned") }
    if bertscore { header.append("bertscore") }
    let table = TextTable(
      header: header,
      rows: rows.map { row in
        var cells =
          [row.name] + [row.empty, row.denied, row.fail, row.correct, row.total].map { String($0) } + [
            percent(row.shares.correct), fixed(row.meanWords, 1), String(row.wordQuantiles["p50"] ?? 0),
            String(row.wordQuantiles["p95"] ?? 0), String(row.distinctWords),
          ]
        if gold != nil { cells.append(row.goldMentions.map { percent($0.share) } ?? "-") }
        if bertscore { cells.append(row.meanBERTScore.map { fixed($0, 4) } ?? "-") }
        return cells
      }, right: Set(1..<header.count))
    var lines = [table.description, ""]
    lines.append(
      "fail: fewer than \(failBelow) distinct words"
        + (rows.count == 1 ? "; with 15 they are \(rows[0].at15.fail), and \(rows[0].at15.correct) are correct" : ""))
    let missing = rows.first?.missing ?? 0
    if rows.count == 1 && missing > 0 { lines.append("\(missing) more are not made yet") }
    if rows.count == 1, let tokens = rows[0].tokens {
      lines.append("\(tokens) tokens" + (rows[0].seconds.map { " in \(clock($0))" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }
}
