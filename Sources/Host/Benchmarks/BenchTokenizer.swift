import ArgumentParser
import PluginAPI

/// `calm bench tokenizer`: lines to ids through the plugin boundary, on one thread.
struct BenchTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer", abstract: "Tokenize the lines of a file, in MB/s on one thread.")

  @OptionGroup var model: EncoderOptions
  @Argument(help: "The file; - is standard input.")
  var file: String
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  mutating func run() throws {
    Threads.count = bench.threads ?? 1
    let encoder = try model.encoder(textOnly: true)
    let lines = try readLines(file)
    let bytes = lines.reduce(0) { $0 + $1.utf8.count + 1 }
    guard bytes > 0 else { throw Diagnostic("D204", "\(file) is empty") }
    var tokens = 0
    let timing = try Timing.measure(repetition.count) {
      tokens = try lines.reduce(0) { $0 + (try encoder.tokenize($1).ids.count) }
    }
    let row = BenchRow(
      bench: "tokenizer",
      settings: [
        ("model", .text(model.model)), ("file", .text(file)), ("threads", .count(Threads.count)),
        ("repeat", .count(repetition.count)), ("lines", .count(lines.count)), ("bytes", .count(bytes)),
        ("tokens", .count(tokens)),
      ],
      results: [
        ("megabytesPerSecond", .number(Double(bytes) / timing.median * 1e-6, digits: 2)),
        ("tokensPerSecond", .number(Double(tokens) / timing.median, digits: 0)),
      ] + timing.fields)
    try bench.report([row])
  }
}
