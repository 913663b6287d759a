import ArgumentParser
import PluginAPI

/// `calm bench`: how fast this machine runs the parts of the program. What each command measures is in
/// `Documentation/performance.md`.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the speed of one part of the program.",
    subcommands: [
      BenchGemm.self, BenchEncoder.self, BenchTrain.self, BenchCRF.self, BenchTokenizer.self, BenchBERTScore.self,
      BenchGenerate.self, BenchSearch.self, BenchPlugins.self, BenchModel.self,
    ])
}

/// Options of every benchmark.
struct BenchOptions: ParsableArguments {
  @Option(help: "Compute threads; default: all cores, or one where the benchmark says so.")
  var threads: Int?

  @Option(help: "How the measurements are printed: text or json, one object a line.")
  var format = OutputFormat.text

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, not \(threads)") }
  }

  /// Sets the threads, refuses a linear algebra library that computes wrong, and keeps the threads busy for a moment: a new
  /// thread may share its parent's core until the scheduler moves it, which halves the first tenths of a second.
  func prepare(threads standard: Int? = nil) throws {
    try prepareMachine(threads: threads ?? standard)
    guard Threads.count > 1 else { return }
    for _ in 0..<3 { _ = MachineLimits.operationsPerSecond(.fp32) }
  }

  func report(_ rows: [BenchRow]) throws {
    switch format {
    case .text: Console.shared.result(BenchRow.text(rows))
    case .json: for row in rows { Console.shared.result(try jsonLine(row)) }
    }
  }
}

/// How often a call is measured.
struct RepeatOptions: ParsableArguments {
  @Option(name: .customLong("repeat"), help: "Measurements, of which the median counts; one more warms up.")
  var count = 5

  func validate() throws {
    if count < 1 { throw ValidationError("--repeat must be at least 1, not \(count)") }
  }
}

/// Refuses a number below 1.
func requirePositive(_ name: String, _ value: Int) throws {
  if value < 1 { throw ValidationError("--\(name) must be at least 1, not \(value)") }
}
