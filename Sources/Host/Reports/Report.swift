import FoundationEssentials
import PluginAPI

/// What came of one or several finished systems, as a page to read: numbers, plots, every sentence, the configuration.
struct Report: Sendable {
  /// Samples of the paired tests.
  static let samples = 10_000

  let title: String
  /// At least one; they share their sentences.
  let systems: [ReportedSystem]
  /// Where one grid is reported.
  let grid: ReportedGrid?
  /// What else is shown: the tables of `calm tables`.
  var tables: [ReportTable] = []

  /// - Parameter paths: run folders, folders of seeds, grids' folders.
  init(paths: [String]) throws {
    var found: [(path: String, name: String, runs: [String])] = []
    var cells: [(values: [String: String], system: Int?)] = []
    for path in paths.map(trimmed) {
      for (name, values, runs) in try Self.folders(path) {
        if let values, paths.count == 1 { cells.append((values, runs.isEmpty ? nil : found.count)) }
        if !runs.isEmpty { found.append((path, name, runs)) }
      }
    }
    guard !found.isEmpty else {
      throw Diagnostic(
        "S602", "\(paths.joined(separator: ", ")) holds no finished run",
        hint: "runs are made by `calm run`, finished by `--resume`")
    }
    systems = ReportedSystem.systems(try FinishedSystem.systems(FinishedSystem.named(found)))
    for run in systems.flatMap(\.runs) { try run.requireSentences(of: systems[0].first) }
    grid = ReportedGrid(cells: cells)
    title = paths.count == 1 ? Self.title(systems, path: paths[0]) : "\(systems.count) systems compared"
  }

  /// The systems below a path. A grid's cells come in its own order with their values, those without a finished run too.
  private static func folders(_ path: String) throws -> [(name: String, values: [String: String]?, runs: [String])] {
    guard let grid = try GridResults.stored(in: path), grid.cells.contains(where: { !$0.values.isEmpty }) else {
      return try FinishedSystem.folders(path).map { ($0.name, nil, $0.runs) }
    }
    return grid.cells.map { cell in
      // A cell of which nothing is finished yet is no fault of the grid.
      let systems = (try? FinishedSystem.folders("\(path)/\(cell.name)")) ?? []
      return (cell.name, cell.values, systems.flatMap(\.runs))
    }
  }

  private static func title(_ systems: [ReportedSystem], path: String) -> String {
    systems[0].first.settings["name"]?.text ?? lastPart(path)
  }

  /// Writes the page, and beside it a folder of its name with every plot as SVG and every plot's and table's numbers as CSV.
  func write(to path: String) throws {
    let page = ReportPage(report: self)
    var folder = path.hasSuffix(".html") ? String(path.dropLast(5)) : path + ".files"
    // `run.html` beside the run folder `run`, where the files would lie among the run's own.
    if ["config.yaml", "results.json"].contains(where: { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }) {
      folder = path + ".files"
    }
    try makeFolder(folder)
    for figure in page.figures {
      try FileBytes.write(figure.file, to: "\(folder)/\(figure.id).svg")
      try FileBytes.write(figure.data.written(.csv), to: "\(folder)/\(figure.id).csv")
    }
    for table in page.tables { try FileBytes.write(table.written(.csv), to: "\(folder)/\(table.id).csv") }
    try FileBytes.write(try page.html(), to: path)
  }

  /// Writes the report of a finished run or grid into its folder. The results are safe whatever becomes of it: a fault is a
  /// warning.
  static func leave(in folder: String) {
    do {
      try Report(paths: [folder]).write(to: path(in: folder))
    } catch {
      let reason = (error as? Diagnostic)?.message ?? "\(error)"
      Console.shared.alarm("warning: the report was not written: \(reason); `calm report \(folder)` tries again")
    }
  }

  /// Where the report of a run or of a grid is by default.
  static func path(in folder: String) -> String { trimmed(folder) + "/report.html" }
}

private func trimmed(_ path: String) -> String { path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

private func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
