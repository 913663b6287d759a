import ArgumentParser
import PluginAPI

/// `calm bench bertscore`: pairs of lines a second, tokenizing included.
struct BenchBERTScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bertscore", abstract: "Score each line of a file against the same line of another, in pairs a second.")

  @OptionGroup var model: EncoderOptions
  @Option(help: "The plugin's option `precision`; default: the plugin's own.")
  var precision: String?
  @Argument(help: "Texts, one a line.")
  var candidates: String
  @Argument(help: "What they are compared with, one a line.")
  var references: String
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  mutating func run() throws {
    try bench.prepare()
    let texts = try readLines(candidates), against = try readLines(references)
    guard texts.count == against.count, !texts.isEmpty else {
      throw Diagnostic("D209", "\(candidates) has \(texts.count) lines, \(references) has \(against.count)")
    }
    let score = try BERTScore(encoder: model.encoder(precision: precision))
    var sum = 0.0
    let timing = try Timing.measure(repetition.count) {
      sum = try score(candidates: texts, references: against).reduce(0) { $0 + $1.f1 }
    }
    let count = Double(texts.count)
    let row = BenchRow(
      bench: "bertscore",
      settings: [
        ("model", .text(model.model)), ("threads", .count(Threads.count)), ("repeat", .count(repetition.count)),
        ("precision", .text(precision ?? "default")), ("pairs", .count(texts.count)),
      ],
      results: [("pairsPerSecond", .number(count / timing.median, digits: 1)), ("meanF1", .number(sum / count, digits: 6))]
        + timing.fields)
    try bench.report([row])
  }
}
