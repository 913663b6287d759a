import FoundationEssentials
import PluginAPI

/// A finished system with the statistics that a report shows.
@dynamicMemberLookup
struct ReportedSystem: Sendable {
  let system: FinishedSystem
  /// Micro F1 over the runs.
  let f1: [Reading: SampleSummary]
  /// Of a single run: how far F1 depends on the sentences.
  private(set) var intervals: [Reading: BootstrapInterval] = [:]
  /// What the context changes: F1 with it minus F1 without.
  private(set) var gain: PairedComparison?

  subscript<Value>(dynamicMember member: KeyPath<FinishedSystem, Value>) -> Value { system[keyPath: member] }

  private init(_ system: FinishedSystem) {
    self.system = system
    f1 = system.counts.mapValues { SampleSummary($0.map(\.f1)) }
  }

  /// All systems of a report, with what needs many samples.
  static func systems(_ finished: [FinishedSystem]) -> [ReportedSystem] {
    var systems = finished.map(ReportedSystem.init)
    let single = finished.enumerated().flatMap { i, system in
      system.runs.count == 1 ? system.readings.map { (system: i, reading: $0) } : []
    }
    let pairs = finished.indices.filter { finished[$0].counts.count == 2 }
    let intervals = inParallel(single.count) { i in
      finished[single[i].system].counts[single[i].reading].map { BootstrapInterval($0[0]) }
    }
    for (place, interval) in zip(single, intervals) { systems[place.system].intervals[place.reading] = interval }
    let gains = inParallel(pairs.count) { i in
      let counts = finished[pairs[i]].counts
      return PairedComparison(counts[.without] ?? [], counts[.with] ?? [], samples: Report.samples)
    }
    for (place, gain) in zip(pairs, gains) { systems[place].gain = gain }
    return systems
  }

  /// Where F1 lies in a plot, in per cent, and its spread: the interval of one run, or the standard deviation over several.
  func bar(_ reading: Reading) -> BarPlot.Value? {
    guard let f1 = f1[reading] else { return nil }
    let ends = intervals[reading].map { ($0.low, $0.high) } ?? f1.std.map { (f1.mean - $0, f1.mean + $0) }
    return .init(value: f1.mean * 100, low: ends.map { $0.0 * 100 }, high: ends.map { $0.1 * 100 })
  }
}

extension Reading {
  /// The colour that stands for it in every plot.
  var colour: Int { self == .with ? 0 : 1 }
}

/// The combinations that a grid swept, for a heat map.
struct ReportedGrid: Sendable {
  /// Dotted path and labels of each swept value, the one that varies fastest last.
  let axes: [(path: String, labels: [String])]
  /// Labels by path, and the place of the system that was made of them; nil where none of its runs is finished.
  let cells: [(values: [String: String], system: Int?)]

  /// - Parameter cells: in the grid's own order.
  init?(cells: [(values: [String: String], system: Int?)]) {
    let paths = Set(cells.flatMap(\.values.keys))
    guard cells.count > 1, !paths.isEmpty else { return nil }
    var axes: [(path: String, labels: [String], changes: Int)] = []
    for path in paths.sorted() {
      let labels = cells.map { $0.values[path] ?? "" }
      let distinct = labels.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      axes.append((path, distinct, zip(labels, labels.dropFirst()).count { $0 != $1 }))
    }
    // The last axis of a grid runs fastest.
    self.axes = axes.sorted { ($0.changes, $0.path) < ($1.changes, $1.path) }.map { ($0.path, $0.labels) }
    self.cells = cells
  }
}
