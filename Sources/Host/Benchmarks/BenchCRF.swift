import ArgumentParser
import PluginAPI

/// `calm bench crf`: a decoder plugin's posterior with its gradient, and its best paths, on one thread.
struct BenchCRF: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crf", abstract: "A decoder's likelihood with its gradient, and its best paths, in microseconds a token.")

  @Option(help: "The decoder plugin.")
  var plugin = "crf"
  @Option(help: "Sentences a batch.")
  var batch = 4
  @Option(help: "Words a sentence.")
  var length = 32
  @Option(help: "Tags.")
  var tags = 13
  @Option(help: "Width of the word vectors that the decoder reads.")
  var width = 64
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  func validate() throws {
    for (name, value) in [("batch", batch), ("length", length), ("tags", tags), ("width", width)] {
      try requirePositive(name, value)
    }
    let numbers = [batch, length, max(tags, width)].reduce(1.0) { $0 * Double($1) }
    guard numbers <= 1e9, tags <= TagSet.most else {
      throw ValidationError("--batch times --length times --tags or --width may be 1e9, and --tags \(TagSet.most)")
    }
  }

  mutating func run() throws {
    try bench.prepare(threads: 1)
    let decoder = try open()
    let rows = batch * length
    let words = WordVectors(offsets: (0...batch).map { $0 * length }, tensor: random([rows, width], "words"))
    var random = RandomStream(seed: 1, "gold")
    let gold = (0..<batch).map { _ in (0..<length).map { _ in Int(random.next() % UInt64(tags)) } }
    let share = [Double](repeating: 1 / Double(batch), count: batch)
    // The mean negative log-likelihood.
    let cotangent = PosteriorCotangent(logPartition: share, goldScore: share.map { -$0 })
    let training = try Timing.measure(repetition.count) {
      _ = try decoder.decode(words, gold: gold, mode: .training(seed: 1, step: 0)).backward(cotangent)
    }
    let paths = try Timing.measure(repetition.count) { _ = try decoder.bestPaths(words) }
    let row = BenchRow(
      bench: "crf",
      settings: [
        ("plugin", .text(plugin)), ("batch", .count(batch)), ("length", .count(length)), ("tags", .count(tags)),
        ("width", .count(width)), ("threads", .count(Threads.count)), ("repeat", .count(repetition.count)),
      ],
      results: [
        ("lossAndGradientMicroseconds", .number(training.median / Double(rows) * 1e6, digits: 4)),
        ("bestPathsMicroseconds", .number(paths.median / Double(rows) * 1e6, digits: 4)),
      ])
    try bench.report([row])
  }

  private func open() throws -> any Decoder {
    let loaded = try PluginRegistry(declared: [], folders: []).plugin(id: plugin, kind: .decoder, mark: nil)
    let none = ConfigNode(.map([]), mark: SourceMark(file: "--plugin", line: 1, column: 1))
    let use = PluginUse(id: plugin, plugin: loaded, options: none.filled(with: loaded.manifest.options))
    // `O`, then B, I, E and S of as many types as it takes.
    let names = ["O"] + (0..<tags).flatMap { type in ["B", "I", "E", "S"].map { "\($0)-T\(type)" } }
    let shape = Shape(width: width, tags: Array(names.prefix(tags)))
    guard let decoder = try use.make(shape: shape, services: .standard(seed: 1)) as? any Decoder else {
      throw Diagnostic("P310", "plugin `\(plugin)` made something that is no decoder")
    }
    return decoder
  }
}
