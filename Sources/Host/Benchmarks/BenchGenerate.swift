import ArgumentParser
import PluginAPI

/// `calm bench generate`: a language model's tokens a second, reading a prompt and writing for several sequences that share it.
struct BenchGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Read a prompt and write for several sequences that share it, in tokens a second.")

  @OptionGroup var model: GeneratorOptions
  @Option(help: "exact or fast.")
  var arithmetic = "fast"
  @Option(help: "none, q8 or q4: what float weights are rounded to.")
  var quantise: String?
  @Option(help: "Tokens of the prompt.")
  var prompt = 512
  @Option(help: "Tokens that each sequence writes.")
  var tokens = 64
  @Option(help: ArgumentHelp("Sequences, separated by commas: a line each.", valueName: "counts"))
  var streams = "1,32"
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  mutating func run() throws {
    try bench.prepare()
    let counts = streams.split(separator: ",").compactMap { Int($0) }
    guard !counts.isEmpty, counts.allSatisfy({ $0 > 0 }) else { throw ValidationError("--streams takes numbers, as in 1,8,32") }
    let generator = try model.generator([("arithmetic", arithmetic), ("quantise", quantise)])
    var series: [(count: Int, measured: ArraySlice<GenerationSpeed>, peak: Double)] = []
    for count in counts {
      var speeds: [GenerationSpeed] = []
      for _ in 0...repetition.count {
        speeds.append(try generator.measure(promptTokens: prompt, newTokens: tokens, streams: count))
      }
      series.append((count, speeds.dropFirst(), PeakMemory.mebibytes))
    }
    let reading = MachineLimits.bytesReadPerSecond() ?? 0  // afterwards: it takes memory itself
    var rows: [BenchRow] = []
    for (count, measured, peak) in series {
      func median(_ value: (GenerationSpeed) -> Double) -> Double {
        let sorted = measured.map(value).sorted()
        return sorted[sorted.count / 2]
      }
      let decode = median(\.decode), last = measured[measured.endIndex - 1]
      rows.append(
        BenchRow(
          bench: "generate",
          settings: [
            ("model", .text(model.model.split(separator: "/").last.map(String.init) ?? model.model)),
            ("arithmetic", .text(arithmetic)), ("threads", .count(Threads.count)), ("repeat", .count(repetition.count)),
            ("prompt", .count(prompt)), ("tokens", .count(tokens)), ("streams", .count(count)),
          ],
          results: [
            ("prefillTokensPerSecond", .number(median(\.prefill), digits: 1)),
            ("decodeTokensPerSecond", .number(decode, digits: 1)),
            ("weightGBs", .number(decode / Double(count) * Double(last.weightBytes) / 1e9, digits: 1)),
            ("readGBs", .number(reading / 1e9, digits: 1)),
            ("cacheMB", .number(Double(last.cacheBytes) / 1e6, digits: 1)),
            ("peakMB", .number(peak, digits: 0)),
          ]))
    }
    try bench.report(rows)
  }
}
