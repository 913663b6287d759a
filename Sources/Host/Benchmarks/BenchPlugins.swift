import ArgumentParser
import FoundationEssentials
import PluginAPI

/// `calm bench plugins`: what it costs to ask an augmentor through each boundary, and to load plugins.
struct BenchPlugins: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins",
    abstract: "What a call costs through each boundary: a library, a library in a process of its own, a program.",
    discussion: """
      Augmentors that answer at once, such as those of Examples/plugins, show the boundary alone. Each is asked for one sentence \
      at a time and for a batch, as a library and behind `isolation: process`.
      """)

  @Argument(help: "Libraries of augmentors whose options all have defaults.")
  var libraries: [String] = []
  @Option(help: ArgumentHelp("A program that speaks frames; repeatable.", valueName: "program arguments"))
  var command: [String] = []
  @Option(help: "Requests in a batch.")
  var batch = 64
  @Option(help: "Words a sentence.")
  var length = 20
  @Option(help: "How many copies of the first library are loaded, e.g. 1,10,50; none: no loading is measured.")
  var copies = "1,10,50"
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  func validate() throws {
    try requirePositive("batch", batch)
    try requirePositive("length", length)
    if libraries.isEmpty && command.isEmpty { throw ValidationError("name a library, or a program with --command") }
    _ = try counts()
  }

  private func counts() throws -> [Int] {
    try copies == "none"
      ? []
      : copies.split(separator: ",").map {
        guard let count = Int($0), (1...1000).contains(count) else {
          throw ValidationError("--copies takes numbers from 1 to 1000, such as 1,10,50, or none; not \(copies)")
        }
        return count
      }
  }

  mutating func run() async throws {
    try bench.prepare(threads: 1)
    // Before anything else is loaded that a copy could share.
    let loading = try libraries.first.map { library in try counts().map { try load(library, copies: $0) } } ?? []
    var rows: [BenchRow] = []
    for path in libraries.map(absolutePath) {
      let library = try PluginLoader.load(path: path)
      let language = try ElfStamp.read(path: path).language == CALM_LANGUAGE_C ? "C ABI" : "Swift"
      rows += try await measure(library, language, "library")
      let launch = ProcessLaunch(id: library.manifest.id, program: .library(path: path))
      rows += try await measure(ProcessPlugins.open(launch), language, "process")
    }
    for text in command {
      let words = text.split(separator: " ").map(String.init)
      let launch = ProcessLaunch(id: words.first ?? "", program: .command(words))
      rows += try await measure(ProcessPlugins.open(launch), "frames", "process")
    }
    try bench.report(rows)
    if !loading.isEmpty {
      if bench.format == .text { Console.shared.result("") }
      try bench.report(loading)
    }
  }

  private func measure(_ plugin: LoadedPlugin, _ language: String, _ place: String) async throws -> [BenchRow] {
    let none = ConfigNode(.map([]), mark: SourceMark(file: "calm bench", line: 1, column: 1))
    let use = PluginUse(id: plugin.manifest.id, plugin: plugin, options: none.filled(with: plugin.manifest.options))
    var made: (any Plugin)?
    let start = try Timing(
      (0..<repetition.count).map { _ in
        try ContinuousClock().measure { made = try use.make(services: .standard(seed: 1)) }.seconds
      })
    guard let augmentor = made as? any Augmentor else {
      throw Diagnostic("P310", "plugin `\(plugin.manifest.id)` is no augmentor", notes: ["it is \(plugin.path)"])
    }
    let word = Array(repeating: "word", count: length)
    func requests(_ count: Int) -> [ContextRequest] {
      (0..<count).map {
        ContextRequest(
          index: $0, words: word, split: "text", position: $0, splitCount: count,
          random: RandomStream(seed: 1, "bench").stream($0))
      }
    }
    var rows: [BenchRow] = []
    for count in batch == 1 ? [1] : [1, batch] {
      let asked = requests(count)
      let timing = try await time { try await Self.ask(augmentor, asked) }
      rows.append(
        BenchRow(
          bench: "plugins",
          settings: [
            ("plugin", .text(plugin.manifest.id)), ("boundary", .text(language)), ("runs", .text(place)),
            ("requests", .count(count)), ("words", .count(length)), ("repeat", .count(repetition.count)),
          ],
          results: [
            ("microsecondsARequest", .number(timing.median / Double(count) * 1e6, digits: 2)),
            ("minMicroseconds", .number(timing.least / Double(count) * 1e6, digits: 2)),
            ("makeMs", .number(start.median * 1e3, digits: 2)),
          ]))
    }
    return rows
  }

  private static func ask(_ augmentor: any Augmentor, _ requests: [ContextRequest]) async throws {
    var count = 0
    for try await (index, context) in try await augmentor.contexts(for: requests) {
      if let failure = context.failure { throw PluginError("request \(index) failed: \(failure)") }
      count += 1
    }
    guard count == requests.count else { throw PluginError("it gave \(count) answers to \(requests.count) requests") }
  }

  /// As ``Timing/measure(_:least:_:)``, for what has to be waited for.
  private func time(_ body: () async throws -> Void) async throws -> Timing {
    let clock = ContinuousClock(), least = 0.05
    try await body()
    let start = clock.now
    try await body()
    let calls = max(1, Int((least / max(1e-9, start.duration(to: clock.now).seconds)).rounded(.up)))
    var seconds: [Double] = []
    for _ in 0..<repetition.count {
      let start = clock.now
      for _ in 0..<calls { try await body() }
      seconds.append(start.duration(to: clock.now).seconds / Double(calls))
    }
    return Timing(seconds)
  }

  /// Loads copies of a library, which are other files to the system's loader.
  private func load(_ library: String, copies: Int) throws -> BenchRow {
    let folder = FileManager.default.temporaryDirectory.path + "/calm-bench-\(UInt64.random(in: 0 ..< .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let paths = try (0..<copies).map { i in
      let path = "\(folder)/libCopy\(i).so"
      try FileManager.default.copyItem(atPath: library, toPath: path)
      return path
    }
    let seconds = try ContinuousClock().measure { for path in paths { _ = try PluginLoader.load(path: path) } }.seconds
    return BenchRow(
      bench: "plugins.load",
      settings: [("library", .text(String(library.split(separator: "/").last ?? ""))), ("plugins", .count(copies))],
      results: [("ms", .number(seconds * 1e3, digits: 2)), ("msAPlugin", .number(seconds / Double(copies) * 1e3, digits: 3))])
  }
}
