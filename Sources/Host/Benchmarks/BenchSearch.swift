import ArgumentParser
import PluginAPI

/// `calm bench search`: how long a search plugin takes to answer a query.
struct BenchSearch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Send each line of a file to a search plugin, one after the other, in milliseconds a query.")

  @OptionGroup var searcher: SearcherOptions
  @Argument(help: "Queries, one a line.")
  var queries: String
  @Option(help: "Hits at most.")
  var limit = 50
  @OptionGroup var bench: BenchOptions

  func validate() throws { try requirePositive("limit", limit) }

  mutating func run() async throws {
    try bench.prepare(threads: 1)
    let lines = try readLines(queries).filter { $0.contains { !$0.isWhitespace } }
    guard let first = lines.first else { throw Diagnostic("D204", "\(queries) holds no query") }
    let searcher = try searcher.open()
    _ = try await searcher.search(first, limit: limit)
    var seconds: [Double] = [], hits = 0
    for line in lines {
      let start = ContinuousClock.now
      hits += try await searcher.search(line, limit: limit).count
      seconds.append(start.duration(to: .now).seconds)
    }
    let timing = Timing(seconds)
    let row = BenchRow(
      bench: "search",
      settings: [
        ("plugin", .text(self.searcher.plugin)), ("limit", .count(limit)), ("queries", .count(lines.count)),
      ],
      results: [
        ("hits", .number(Double(hits) / Double(lines.count), digits: 1)),
        ("meanMs", .number(timing.total / Double(lines.count) * 1e3, digits: 3)),
      ] + timing.fields + [("p95Ms", .number(timing.quantile(0.95) * 1e3, digits: 3))])
    try bench.report([row])
  }
}
