import FoundationEssentials
import PluginAPI

/// What is compared in a report: the runs of one configuration, which differ in the seed.
struct ReportedSystem: Sendable {
  typealias Reading = ReportedRun.Reading

  var name: String
  /// At least one.
  let runs: [ReportedRun]
  /// Micro F1 over the runs, and the counts behind it.
  let f1: [Reading: SampleSummary]
  let counts: [Reading: [EntityCounts]]
  /// Of a single run: how far F1 depends on the sentences.
  private(set) var intervals: [Reading: BootstrapInterval] = [:]
  /// What the context changes: F1 with it minus F1 without.
  private(set) var gain: PairedComparison?

  var first: ReportedRun { runs[0] }
  var readings: [Reading] { Reading.allCases.filter { f1[$0] != nil } }

  private init(name: String, runs: [ReportedRun]) {
    self.name = name
    self.runs = runs
    var f1: [Reading: SampleSummary] = [:], counts: [Reading: [EntityCounts]] = [:]
    for reading in Reading.allCases {
      let all = runs.compactMap { $0.counts(reading) }
      guard all.count == runs.count else { continue }
      counts[reading] = all
      f1[reading] = SampleSummary(all.map(\.f1))
    }
    (self.f1, self.counts) = (f1, counts)
  }

  /// Systems by name and run folders, with what needs many samples. Throws at the first run that cannot be read.
  static func systems(_ found: [(name: String, runs: [String])]) throws -> [ReportedSystem] {
    let folders = found.flatMap(\.runs)
    var runs = try inParallel(folders.count) { i in Result { try ReportedRun(folder: folders[i]) } }.map { try $0.get() }[...]
    var systems = found.map { name, folders in
      defer { runs = runs.dropFirst(folders.count) }
      return ReportedSystem(name: name, runs: Array(runs.prefix(folders.count)))
    }
    let single = systems.indices.flatMap { i in
      systems[i].runs.count == 1 ? systems[i].readings.map { (system: i, reading: $0) } : []
    }
    let pairs = systems.indices.filter { systems[$0].counts.count == 2 }
    let known = systems
    let intervals = inParallel(single.count) { i in
      known[single[i].system].counts[single[i].reading].map { BootstrapInterval($0[0]) }
    }
    for (place, interval) in zip(single, intervals) { systems[place.system].intervals[place.reading] = interval }
    let gains = inParallel(pairs.count) { i in
      PairedComparison(known[pairs[i]].counts[.without] ?? [], known[pairs[i]].counts[.with] ?? [], samples: Report.samples)
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
