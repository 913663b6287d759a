import FoundationEssentials
import PluginAPI

/// Experiments that differ in a few values: every combination of the axes' choices is a cell, and a cell is run once a seed.
struct Grid: Sendable {
  /// One combination.
  struct Cell: Sendable {
    /// The name of its folder: `task=entities,epochs=3`; empty where nothing but the seed varies.
    var name: String
    /// Path and label of each axis but the seed.
    var values: [(path: String, label: String)]
    var runs: [Run]
  }

  /// One seed of a cell: an experiment with a run folder of its own.
  struct Run: Sendable {
    var experiment: Experiment
    /// The experiment as the files write it.
    var tree: ConfigNode
    /// Nil where the seed is not swept.
    var seed: UInt64?
    /// Below the grid's folder.
    var folder: String
  }

  static let limit = 10_000
  let axes: [SweepAxis]
  let cells: [Cell]
  var runs: [Run] { cells.flatMap(\.runs) }

  /// Reads and checks every cell, so that all faults are told before anything runs.
  init(tree: ConfigNode, axes: [SweepAxis], path: String) throws {
    if let twice = Dictionary(grouping: axes, by: \.name).first(where: { $1.count > 1 }) {
      throw Diagnostic("C109", "`\(twice.key)` is swept twice", mark: twice.value.last?.path.first?.mark)
    }
    let count = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.choices.count).overflow ? .max : $0 * $1.choices.count }
    guard count <= Self.limit else {
      throw Diagnostic("C107", "the grid has \(count) runs; at most \(Self.limit) make one grid")
    }
    self.axes = axes
    let outer = axes.filter { !$0.isSeed }
    let seeds = axes.first { $0.isSeed }?.choices.compactMap { $0.value.integer.map { UInt64($0) } }
    let shortNames = Self.shortNames(outer.map(\.name))
    var faults: [Diagnostic] = []
    cells = try Self.combinations(outer.map(\.choices)).compactMap { choices in
      let labels = zip(shortNames, choices).map { "\($0)=\($1.label)" }
      let name = Self.fileName(labels.joined(separator: ","))
      var runs: [Run] = []
      for seed in seeds.map({ $0.map(Optional.some) }) ?? [nil] {
        do {
          let changed = try SweepAxis.applied(zip(outer, choices).map { (axis: $0, choice: $1) }, to: tree)
          var experiment = try Experiment(node: changed, path: path)
          if let seed { experiment = experiment.with(seed: seed) }
          let parts = [name, seed.map { "seed-\($0)" } ?? ""].filter { !$0.isEmpty }
          runs.append(Run(experiment: experiment, tree: changed, seed: seed, folder: parts.joined(separator: "/")))
        } catch let error as Diagnostics {
          faults += error.items
        } catch let error as Diagnostic {
          faults.append(error)
        }
      }
      return Cell(name: name, values: zip(outer, choices).map { ($0.name, $1.label) }, runs: runs)
    }
    guard faults.isEmpty else {
      // The same fault in every cell is told once.
      var seen: Set<String> = []
      throw Diagnostics(faults.filter { seen.insert("\($0.code) \($0.message) \($0.mark?.description ?? "")").inserted })
    }
  }

  /// All choices of one item a list, the last list running fastest.
  private static func combinations(_ lists: [[SweepAxis.Choice]]) -> [[SweepAxis.Choice]] {
    lists.reduce([[]]) { done, list in done.flatMap { head in list.map { head + [$0] } } }
  }

  /// The last key of each path, or the whole path where that leaves two alike.
  private static func shortNames(_ paths: [String]) -> [String] {
    let last = paths.map { String($0.split(separator: ".").last ?? "") }
    return last.indices.map { i in last.count { $0 == last[i] } > 1 ? paths[i] : last[i] }
  }

  /// A label as a file name; long or changed ones carry a digest of the whole label, so that no two are alike.
  private static func fileName(_ label: String) -> String {
    let safe = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.,=+".contains($0)) ? $0 : "-" })
    if safe == label, label.utf8.count <= 100 { return label }
    return safe.prefix(80) + "-" + Digest.sha256(of: Array(label.utf8)).prefix(8)
  }
}
