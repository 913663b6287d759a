import FoundationEssentials
import PluginAPI

/// `results.json` of a grid: what its finished runs came to, cell by cell.
struct GridResults: Codable {
  struct Cell: Codable {
    var name: String
    /// Dotted path to label.
    var values: [String: String]
    /// The seeds that are finished; empty where the seed is not swept.
    var seeds: [UInt64]
    /// Runs that the cell has, and how many of them are finished.
    var runs: Int, finished: Int
    /// Split, then view, then micro precision, recall and F1.
    var summary: [String: [String: [String: SampleSummary]]]
  }

  var cells: [Cell]

  /// Reads the results of all runs below `folder`, whoever made them: shards on other machines, earlier runs. Those of
  /// another configuration are left out, by name.
  init(_ grid: Grid, folder: String) throws {
    cells = try grid.cells.map { cell in
      var seeds: [UInt64] = [], results: [StoredResults] = []
      for run in cell.runs {
        let path = "\(folder)/\(run.folder)"
        guard let stored = try StoredResults(run: path) else { continue }
        if let objection = Self.objection(to: run, in: path) {
          Console.shared.alarm("warning: \(objection); it is not summed up")
          continue
        }
        results.append(stored)
        if let seed = run.seed { seeds.append(seed) }
      }
      return Cell(
        name: cell.name, values: Dictionary(cell.values.map { ($0.path, $0.label) }) { $1 }, seeds: seeds,
        runs: cell.runs.count, finished: results.count, summary: StoredResults.summary(results))
    }
  }

  private static func objection(to run: Grid.Run, in path: String) -> String? {
    do { return try run.objection(to: path) } catch {
      return "what \(path) holds the results of cannot be told: \(DiagnosticPrinter.line(of: error))"
    }
  }

  /// What a grid's folder says of itself; nil where it is none, or where nothing of it has been summed up.
  static func stored(in folder: String) throws -> GridResults? {
    let path = folder + "/results.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try? JSONDecoder().decode(GridResults.self, from: Data(FileBytes.read(path)))
  }

  var json: String { prettyJSON(self) }

  /// A row a cell, F1 in per cent.
  func table(_ grid: Grid) -> String {
    let paths = grid.axes.filter { !$0.isSeed }.map(\.name)
    let columns = Corpus.order.flatMap { split in ["with", "without"].map { (split, $0) } }
      .filter { split, view in cells.contains { $0.summary[split]?[view] != nil } }
    let rows = cells.map { cell in
      paths.map { cell.values[$0] ?? "" } + ["\(cell.finished)/\(cell.runs)"]
        + columns.map { split, view in cell.summary[split]?[view]?["f1"]?.percentText ?? "-" }
    }
    let spread =
      cells.contains { $0.finished > 1 } ? "\nF1 in per cent, mean ± sample standard deviation over seeds" : "\nF1 in per cent"
    return TextTable(
      header: paths + ["runs"] + columns.map { "\($0.0) \($0.1)" }, rows: rows, right: Set(paths.count..<(paths.count + 9))
    ).description + spread
  }
}

/// What `results.json` of a finished run says of its splits.
struct StoredResults: Decodable, Sendable {
  var dev: RunResults.Split?
  var test: RunResults.Split?
  var seed: UInt64?
  var bestEpoch: Int?
  var truncation: RunResults.Cut?

  subscript(split: String) -> RunResults.Split? { split == "dev" ? dev : split == "test" ? test : nil }

  /// Nil where the run is not finished.
  init?(run folder: String) throws {
    let path = folder + "/results.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      self = try JSONDecoder().decode(StoredResults.self, from: Data(FileBytes.read(path)))
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("S602", "\(path) does not hold the results of a run", hint: "delete it; `--resume` makes it again")
    }
  }

  /// Mean and deviation of micro precision, recall and F1, of splits and views that all runs have.
  static func summary(_ runs: [StoredResults]) -> [String: [String: [String: SampleSummary]]] {
    var summary: [String: [String: [String: SampleSummary]]] = [:]
    for split in Corpus.order where !runs.isEmpty {
      for view in ["with", "without"] {
        let micro = runs.compactMap { run in view == "with" ? run[split]?.with?.micro : run[split]?.without.micro }
        guard micro.count == runs.count else { continue }
        summary[split, default: [:]][view] = [
          "precision": SampleSummary(micro.map(\.precision)), "recall": SampleSummary(micro.map(\.recall)),
          "f1": SampleSummary(micro.map(\.f1)),
        ]
      }
    }
    return summary
  }
}
