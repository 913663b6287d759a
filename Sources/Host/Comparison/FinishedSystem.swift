import FoundationEssentials
import PluginAPI

/// A finished system: the runs of one configuration, which differ in the seed.
struct FinishedSystem: Sendable {
  var name: String
  /// At least one.
  let runs: [FinishedRun]
  /// A run's entity counts, of the readings that all runs have.
  let counts: [Reading: [EntityCounts]]

  var first: FinishedRun { runs[0] }
  var readings: [Reading] { Reading.allCases.filter { counts[$0] != nil } }

  private init(name: String, runs: [FinishedRun]) {
    (self.name, self.runs) = (name, runs)
    var counts: [Reading: [EntityCounts]] = [:]
    for reading in Reading.allCases {
      let all = runs.compactMap { $0.counts(reading) }
      if all.count == runs.count { counts[reading] = all }
    }
    self.counts = counts
  }

  /// IOB2 tags by run and sentence; empty where a run lacks the reading.
  func predictions(_ reading: Reading) -> [[[String]]] {
    counts[reading] == nil ? [] : runs.compactMap { $0.predictions[reading] }
  }

  /// The systems below paths: run folders, folders of seeds, or grids', which hold many.
  static func systems(_ paths: [String]) throws -> [FinishedSystem] {
    try systems(named(paths.flatMap { path in try folders(path).map { (path, $0.name, $0.runs) } }))
  }

  /// Systems by name and run folders. Throws at the first run that cannot be read, or was scored on other sentences than the
  /// first one of its system.
  static func systems(_ found: [(name: String, runs: [String])]) throws -> [FinishedSystem] {
    let folders = found.flatMap(\.runs)
    var runs = try inParallel(folders.count) { i in Result { try FinishedRun(folder: folders[i]) } }.map { try $0.get() }[...]
    return try found.map { name, folders in
      defer { runs = runs.dropFirst(folders.count) }
      let own = Array(runs.prefix(folders.count))
      for run in own.dropFirst() { try run.requireSentences(of: own[0]) }
      return FinishedSystem(name: name, runs: own)
    }
  }

  /// Names that tell systems apart: those of equal names are called by their paths too.
  static func named(_ found: [(path: String, name: String, runs: [String])]) -> [(name: String, runs: [String])] {
    found.map { path, name, runs in
      if found.count(where: { $0.name == name }) == 1 { return (name, runs) }
      let path = trimmed(path)
      return (path == name || path.hasSuffix("/" + name) ? path : "\(path)/\(name)", runs)
    }
  }

  /// Names and run folders of the systems below a path. Throws where nothing there is finished.
  static func folders(_ path: String) throws -> [(name: String, runs: [String])] {
    let found = try finished(trimmed(path))
    guard !found.isEmpty else {
      throw Diagnostic("S602", "\(path) holds no finished run", hint: "runs are made by `calm run`, finished by `--resume`")
    }
    return found
  }

  /// A folder of seeds of which none is finished is no system.
  private static func finished(_ path: String) throws -> [(name: String, runs: [String])] {
    let name = String(path.split(separator: "/").last ?? "run")
    if FinishedRun.isFinished(path) { return [(name, [path])] }
    let folders = try subfolders(path)
    let seeds = folders.filter { $0.hasPrefix("seed-") }.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    if !seeds.isEmpty {
      let runs = seeds.map { "\(path)/\($0)" }.filter(FinishedRun.isFinished)
      return runs.isEmpty ? [] : [(name, runs)]
    }
    return try folders.filter { !$0.hasPrefix(".") }.sorted().flatMap { folder -> [(name: String, runs: [String])] in
      let inner = "\(path)/\(folder)"
      guard try FinishedRun.isFinished(inner) || subfolders(inner).contains(where: { $0.hasPrefix("seed-") }) else { return [] }
      return try finished(inner)
    }
  }

  private static func trimmed(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
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
}
