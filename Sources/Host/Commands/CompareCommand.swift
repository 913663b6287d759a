import ArgumentParser
import PluginAPI

/// `calm compare RUN…`: systems on the same test set, each against the first.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare finished runs: F1, differences, and whether they could be chance.",
    discussion: """
      A RUN is a run folder, a folder of seeds, or a grid's folder, which stands for all its cells. Every system is compared with \
      the first one, in each view. Seeds of a system are averaged; the tests draw sentences, so that they say how much depends \
      on the test set. p-values are corrected for the number of comparisons by Holm's method.
      """)

  @Argument(help: "The run folders.") var runs: [String]
  @Option(help: "Samples of the bootstrap and of the randomisation.") var samples = 10_000
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if samples < 100 { throw ValidationError("--samples takes a number from 100") }
  }

  private struct Row: Encodable {
    var system: String
    var view: String
    var runs: Int
    var f1: SampleSummary
    /// Half the width of the 95 % interval of the mean over seeds, by Student's t.
    var halfWidth: Double?
    var against: String?
    var comparison: PairedComparison?
    /// The randomisation's p-value after Holm's correction over all rows.
    var correctedP: Double?
  }

  mutating func run() throws {
    let systems = try FinishedSystem.systems(runs)
    let first = systems[0]
    for system in systems { try system.first.requireSentences(of: first.first) }
    var rows: [Row] = []
    for reading in Reading.allCases {
      for system in systems {
        guard let counts = system.counts[reading] else { continue }
        let f1 = SampleSummary(counts.map(\.f1))
        var row = Row(system: system.name, view: reading.rawValue, runs: counts.count, f1: f1, halfWidth: f1.halfWidth())
        if system.runs.map(\.folder) != first.runs.map(\.folder), let base = first.counts[reading] {
          row.against = first.name
          row.comparison = PairedComparison(base, counts, samples: samples)
        }
        rows.append(row)
      }
    }
    let tested = rows.indices.filter { rows[$0].comparison != nil }
    let corrected = ManyComparisons.holm(tested.compactMap { rows[$0].comparison?.randomisationP })
    for (i, p) in zip(tested, corrected) { rows[i].correctedP = p }
    Console.shared.result(format == .json ? prettyJSON(rows) : text(rows, first.name))
  }

  private func text(_ rows: [Row], _ first: String) -> String {
    let header = [
      "system", "context", "runs", "F1", "± 95 %", "difference", "95 % of it", "p bootstrap", "p random.", "p Holm",
    ]
    let table = TextTable(
      header: header,
      rows: rows.map { row in
        [row.system, row.view, String(row.runs), row.f1.percentText, row.halfWidth.map(percent) ?? "-"]
          + (row.comparison.map { comparison in
            [
              percent(comparison.difference), "\(percent(comparison.low)) … \(percent(comparison.high))",
              probability(comparison.bootstrapP), probability(comparison.randomisationP), probability(row.correctedP ?? 1),
            ]
          } ?? [])
      }, right: Set(2..<header.count))
    return table.description
      + "\nF1 in per cent, mean ± sample standard deviation over runs; differences to \(first), \(samples) samples of the sentences"
  }
}
