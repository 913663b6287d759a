import ArgumentParser
import PluginAPI

/// `calm augment`: makes the contexts of an experiment and keeps them in the store.
struct AugmentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment", abstract: "Ask for the contexts of an experiment that are not stored yet.",
    discussion: "A run that was stopped goes on where it was: stored contexts are never asked for again.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, jsonl }

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "One split only: train, dev or test.")
  var split: String?

  @Option(help: "The first so many sentences of each split only.")
  var limit: Int?

  @Option(help: "One sentence of your own; its context goes to standard output.")
  var text: String?

  @Flag(help: "Ask for nothing: show the prompt, count the requests, and estimate what they take.")
  var dryRun = false

  @Option(help: "text or json: what was done; jsonl: the contexts, a line a sentence.")
  var format = Format.text

  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1") }
    if text != nil && (split != nil || limit != nil) {
      throw ValidationError("--text is a sentence of its own: --split and --limit have no place beside it")
    }
  }

  mutating func run() async throws {
    common.apply()
    let loaded = try experiment.load()
    try prepareMachine(threads: loaded.threads)
    if dryRun { try requireModels(loaded, experiment.config) } else { try fetchModels(loaded) }
    guard let augmentation = try Augmentation(loaded, services: loaded.services) else {
      throw Diagnostic("C103", "\(experiment.config) names no augmentor", hint: "add the section `augmentor:`")
    }
    if dryRun {
      let report = try await AugmentationForecast(augmentation, splits: try splits(loaded))
      return Console.shared.result(format == .text ? report.text : prettyJSON(report))
    }
    if let text { return try await answer(text, augmentation) }
    var rows: [AugmentationReport] = [], failures: [Diagnostic] = []
    for (name, sentences, limit) in try splits(loaded) {
      let result = try await augmentation.contexts(split: name, sentences: sentences, limit: limit)
      rows.append(AugmentationReport(name, result, failBelow: loaded.contexts.failBelow))
      if let failure = result.failure(split: name, augmentor: augmentation.id) { failures.append(failure) }
      guard format == .jsonl else { continue }
      for (i, context) in result.contexts.enumerated() where context.failure == nil {
        Console.shared.result(try jsonLine(ContextLine(split: name, index: i, words: sentences[i], context)))
      }
    }
    switch format {
    case .text: Console.shared.result(AugmentationReport.table(rows))
    case .json: Console.shared.result(prettyJSON(rows))
    case .jsonl: break
    }
    if !failures.isEmpty { throw Diagnostics(failures) }
  }

  private func answer(_ text: String, _ augmentation: Augmentation) async throws {
    let words = text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
    guard !words.isEmpty else { throw ValidationError("--text holds no word") }
    let result = try await augmentation.contexts(split: "text", sentences: [words])
    guard let context = result.contexts.first else { return }
    if let failure = result.failure(split: "text", augmentor: augmentation.id) { throw failure }
    Console.shared.result(
      format == .text ? context.text : try jsonLine(ContextLine(split: nil, index: nil, words: words, context)))
  }

  /// Splits by name with their sentences, and how many of them are wanted.
  private func splits(_ experiment: Experiment) throws -> [(String, [[String]], limit: Int?)] {
    if let text { return [("text", [text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }], nil)] }
    let files = experiment.data.files.filter { split == nil || $0.split == split }
    guard !files.isEmpty else {
      throw Diagnostic(
        "D207",
        "the experiment has no split `\(split ?? "")`; it has "
          + experiment.data.files.map(\.split).joined(separator: ", "))
    }
    return try files.map { name, path in
      let limits = [limit, experiment.data.limit(of: name)].compactMap { $0 }
      return (name, try experiment.data.read(path).map(\.words), limits.min())
    }
  }
}

/// A context with its sentence as a line of JSON.
struct ContextLine: Encodable {
  var split: String?
  var index: Int?
  var text: String
  var generated_context: String?
  var finish: String?
  var tokens: Int?
  var source: String?

  init(split: String?, index: Int?, words: [String], _ context: Context) {
    self.split = split
    self.index = index
    text = sentenceText(words)
    generated_context = context.text
    finish = context.finish
    tokens = context.tokens
    source = context.source
  }
}
