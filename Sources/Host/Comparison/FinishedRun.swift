import FoundationEssentials
import PluginAPI

/// With or without context.
enum Reading: String, Sendable, CaseIterable {
  case with, without

  var title: String { self == .with ? "with context" : "without context" }
}

/// A finished run, all of it from its own folder, so that it can be reported where neither the data nor the plugins are.
struct FinishedRun: Sendable {
  let folder: String
  let results: StoredResults
  let metrics: MetricsLog
  /// The sentences that predictions are of, and their gold tags.
  let words: [[String]], gold: [[String]]
  /// IOB2 tags of the readings that there are.
  let predictions: [Reading: [[String]]]
  /// The contexts of the sentences that predictions are of, and their classes; nil where the run keeps none.
  let contexts: [String]?, classes: [ContextClass]?
  /// `config.yaml` as it stands there, and its values.
  let configuration: String
  let settings: ConfigNode
  /// `plugins.used` and `environment.json`.
  let plugins: String, environment: String

  /// The split that predictions are of.
  var split: String { results.test == nil ? "dev" : "test" }
  var failBelow: Int { Self.failBelow(settings) }
  var readings: [Reading] { Reading.allCases.filter { predictions[$0] != nil } }

  /// Whether a folder holds a finished run.
  static func isFinished(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/results.json")
      && FileManager.default.fileExists(atPath: folder + "/predictions.without.conll")
  }

  /// Reads a run folder; throws where it is not finished.
  init(folder: String) throws {
    self.folder = folder
    guard let results = try StoredResults(run: folder), results.dev != nil || results.test != nil else {
      throw Diagnostic("S602", "\(folder) holds no finished run", hint: "runs are made by `calm run`, finished by `--resume`")
    }
    self.results = results
    metrics = try MetricsLog(run: folder)
    let plain = try ColumnFile.read(path: "\(folder)/predictions.without.conll", columns: .init(tag: 2))
    words = plain.sentences.map(\.words)
    gold = plain.sentences.map(\.tags)
    var predictions: [Reading: [[String]]] = [:]
    for reading in Reading.allCases {
      let path = "\(folder)/predictions.\(reading.rawValue).conll"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let said = try ColumnFile.read(path: path)
      guard said.sentences.map(\.words) == words else {
        throw Diagnostic(
          "D209", "\(path) is not of the sentences of predictions.without.conll beside it",
          hint: "delete results.json and resume the run: both are written again")
      }
      predictions[reading] = said.sentences.map(\.tags)
    }
    self.predictions = predictions
    func text(_ name: String) throws -> String {
      let path = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: path) else { return "" }
      return String(decoding: try FileBytes.read(path), as: UTF8.self)
    }
    configuration = try text("config.yaml")
    settings = try parseYAML(configuration.utf8, named: "\(folder)/config.yaml")
    let failBelow = Self.failBelow(settings)
    let texts = try UsedContexts.read(run: folder, split: results.test == nil ? "dev" : "test")
    contexts = texts?.count == words.count ? texts : nil
    classes = contexts?.map { ContextClass($0, failBelow: failBelow) }
    plugins = try text("plugins.used")
    environment = try text("environment.json")
  }

  /// Throws where the other run was scored on other sentences, or by other gold tags.
  func requireSentences(of other: FinishedRun) throws {
    guard words == other.words, gold == other.gold else {
      throw Diagnostic(
        "D209", "\(folder) was scored on other sentences than \(other.folder), or by other gold tags",
        hint: "only runs with the same test set can be compared or reported together")
    }
  }

  private static func failBelow(_ settings: ConfigNode) -> Int {
    settings["contexts"]?["failBelow"]?.integer ?? ContextsSection.standardFailBelow
  }

  /// The classes of any split's contexts; nil where the run keeps none.
  func classes(of split: String) throws -> [ContextClass]? {
    if split == self.split, let classes { return classes }
    return try UsedContexts.read(run: folder, split: split)?.map { ContextClass($0, failBelow: failBelow) }
  }

  /// Micro F1 of the scored split.
  func score(_ reading: Reading) -> Score? {
    let scores = results[split]
    return reading == .with ? scores?.with?.micro : scores?.without.micro
  }

  func counts(_ reading: Reading) -> EntityCounts? {
    predictions[reading].map { EntityCounts(gold: gold, predicted: $0) }
  }
}
