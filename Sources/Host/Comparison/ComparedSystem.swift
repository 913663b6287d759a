import FoundationEssentials
import PluginAPI

/// A finished system as `calm compare` reads it: a run, or the runs of several seeds.
struct ComparedSystem: Sendable {
  var name: String
  /// The run folders, one a seed.
  var runs: [String]
  /// A view's entity counts, one list a run; nil where a run has no predictions of that view.
  var counts: [String: [EntityCounts]]
  /// The tags behind them, by view, run and sentence.
  var predictions: [String: [[[String]]]]
  /// The words of the scored sentences, which all systems must share.
  var words: [[String]]
  /// Their gold tags.
  var gold: [[String]]

  /// The systems below `path`: a run folder, a folder of seeds, or a grid's, which holds many.
  static func systems(_ path: String) throws -> [ComparedSystem] {
    try folders(path).map { try ComparedSystem(name: $0.name, runs: $0.runs) }
  }

  /// Their names and run folders; a folder of seeds of which none is finished is no system.
  static func folders(_ path: String) throws -> [(name: String, runs: [String])] {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let name = String(path.split(separator: "/").last ?? "run")
    if isRun(path) { return [(name, [path])] }
    let folders = try subfolders(path)
    let seeds = folders.filter { $0.hasPrefix("seed-") }.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    if !seeds.isEmpty {
      let runs = seeds.map { "\(path)/\($0)" }.filter(isRun)
      return runs.isEmpty ? [] : [(name, runs)]
    }
    let below = try folders.filter { !$0.hasPrefix(".") }.sorted().flatMap { folder -> [(name: String, runs: [String])] in
      let inner = "\(path)/\(folder)"
      guard try isRun(inner) || subfolders(inner).contains(where: { $0.hasPrefix("seed-") }) else { return [] }
      return try self.folders(inner)
    }
    guard !below.isEmpty else {
      throw Diagnostic("S602", "\(path) holds no finished run", hint: "runs are made by `calm run`, finished by `--resume`")
    }
    return below
  }

  private static func isRun(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/results.json")
      && FileManager.default.fileExists(atPath: path + "/predictions.without.conll")
  }

  /// The folders in a folder; files beside them, such as logs and results, are none.
  private static func subfolders(_ path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
        var isFolder = false
        return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && isFolder
      }
    } catch {
      throw Diagnostic("S602", "\(path) cannot be read: \(systemMessage())")
    }
  }

  init(name: String, runs: [String]) throws {
    self.name = name
    self.runs = runs
    counts = [:]
    predictions = [:]
    words = []
    gold = []
    for view in ["with", "without"] {
      let files = runs.map { "\($0)/predictions.\(view).conll" }
      guard files.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { continue }
      let read = try files.map { file in
        (
          gold: try ColumnFile.read(path: file, columns: .init(tag: 2)).sentences,
          said: try ColumnFile.read(path: file).sentences.map(\.tags)
        )
      }
      if words.isEmpty, let first = read.first { (words, gold) = (first.gold.map(\.words), first.gold.map(\.tags)) }
      predictions[view] = read.map(\.said)
      counts[view] = read.map { EntityCounts(gold: $0.gold.map(\.tags), predicted: $0.said) }
    }
  }
}
