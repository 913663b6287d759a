import ArgumentParser
import PluginAPI

/// `calm bertscore`: how similar the lines of two files are.
struct BERTScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bertscore", abstract: "Score each line of a file against the same line of another with BERTScore.",
    discussion: "Without rescaling; special tokens weigh nothing. An empty line scores 0.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, jsonl }

  @OptionGroup var model: EncoderOptions
  @Option(help: "Compare the states behind this layer; default: the last.")
  var layer: Int?
  @Flag(help: "Weigh tokens by how few of the references have them.")
  var idf = false
  @Option(help: "The plugin's option `precision`; default: the plugin's own.")
  var precision: String?
  @Option(help: "Compute threads; default: all cores.")
  var threads: Int?
  @Argument(help: "Texts, one a line; - is standard input.")
  var candidates: String
  @Argument(help: "What they are compared with, one a line.")
  var references: String
  @Option(help: "text: the means; jsonl: an object a line with precision, recall and f1.")
  var format = Format.text

  private struct Line: Encodable {
    var precision: Double, recall: Double, f1: Double
  }

  mutating func run() throws {
    try prepareMachine(threads: threads)
    let texts = try readLines(candidates), against = try readLines(references)
    guard texts.count == against.count else {
      throw Diagnostic(
        "D209", "\(candidates) has \(texts.count) lines, \(references) has \(against.count)",
        hint: "each candidate is compared with the reference of the same line")
    }
    let encoder = try model.encoder(precision: precision)
    let values: [BERTScore.Values]
    do {
      let score = try BERTScore(encoder: encoder, layer: layer)
      values = try score(
        candidates: texts, references: against, weights: idf ? score.inverseDocumentFrequencies(of: against) : nil)
    } catch let error as PluginError { throw Diagnostic("P320", "\(error)") }
    switch format {
    case .jsonl:
      for value in values {
        Console.shared.result(try jsonLine(Line(precision: value.precision, recall: value.recall, f1: value.f1)))
      }
    case .text:
      let count = Double(max(1, values.count))
      func mean(_ part: (BERTScore.Values) -> Double) -> String { fixed(values.map(part).reduce(0, +) / count, 4) }
      Console.shared.result(
        TextTable(
          header: ["pairs", "precision", "recall", "f1"],
          rows: [[String(values.count), mean(\.precision), mean(\.recall), mean(\.f1)]], right: [0, 1, 2, 3]
        ).description)
    }
  }
}
