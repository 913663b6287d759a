import FoundationEssentials
import PluginAPI

/// A step as `metrics.jsonl` keeps it.
struct StepRow: Codable, Sendable {
  var step: Int, epoch: Int, loss: Double, parts: [String: Double], gradientNorm: Double, rateFactor: Double
}

/// `metrics.jsonl`: a line every tenth step and every epoch.
struct MetricsLog: Sendable {
  enum Line: Sendable {
    case step(StepRow)
    case epoch(EpochRow)
  }

  static let file = "metrics.jsonl"
  var lines: [Line] = []

  var steps: [StepRow] { lines.compactMap { if case .step(let row) = $0 { row } else { nil } } }
  var epochs: [EpochRow] { lines.compactMap { if case .epoch(let row) = $0 { row } else { nil } } }

  /// The log of a run folder; empty where there is none. What is no line of it is passed over: losing power can cut one short.
  init(run folder: String) throws {
    let path = "\(folder)/\(Self.file)"
    guard FileManager.default.fileExists(atPath: path) else { return }
    let decoder = JSONDecoder()
    for line in try FileBytes.read(path).split(separator: 0x0A) {
      let data = Data(line)
      // Only a step has a gradient.
      if let row = try? decoder.decode(StepRow.self, from: data) {
        lines.append(.step(row))
      } else if let row = try? decoder.decode(EpochRow.self, from: data) {
        lines.append(.epoch(row))
      }
    }
  }
}
