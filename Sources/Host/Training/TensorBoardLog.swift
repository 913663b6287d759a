import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// The run's metrics for TensorBoard, beside `metrics.jsonl` and in step with it: the file's head, then a record for each line.
struct TensorBoardLog: Sendable {
  /// TensorBoard takes a file for its own by `tfevents` in the name. The name is always the same, so that a resumed run goes
  /// on with its file.
  static let file = "events.out.tfevents.calm"

  private let folder: RunFolder
  /// The learning rate of each group before the schedule.
  private let rates: [String: Double]

  /// Takes up the folder's file as `metrics.jsonl` stands: records beyond its lines go, and so does what is damaged; lines
  /// without a record get one.
  init(in folder: RunFolder, rates: [String: Double]) throws {
    self.folder = folder
    self.rates = rates
    let lines = try MetricsLog(run: folder.path).lines
    let path = folder.file(Self.file)
    let bytes = FileManager.default.fileExists(atPath: path) ? try FileBytes.read(path) : []
    var records = EventRecords(bytes)
    var kept = 0
    while kept <= lines.count, records.next() != nil { kept += 1 }
    if records.offset < bytes.count, truncate(path, records.offset) != 0 {
      throw Diagnostic("S601", "\(path) cannot be written: \(systemMessage())")
    }
    if kept == 0 { try append(.fileHead) }
    for line in lines.dropFirst(max(0, kept - 1)) { try append(event(line)) }
  }

  func append(_ line: MetricsLog.Line) throws { try append(event(line)) }

  private func append(_ event: TensorBoardEvent) throws {
    try FileBytes.append(EventRecords.framed(event.message(time: Date.now.timeIntervalSince1970)), to: folder.file(Self.file))
  }

  private func event(_ line: MetricsLog.Line) -> TensorBoardEvent {
    switch line {
    case .step(let row):
      let losses = [("loss/total", row.loss)] + row.parts.map { ("loss/" + Self.tag($0.key), $0.value) }
      let rates = rates.map { ("learning_rate/" + Self.tag($0.key), $0.value * row.rateFactor) }
      return TensorBoardEvent(step: row.step, values: losses + rates + [("gradient_norm", row.gradientNorm)])
    case .epoch(let row):
      let scores: [(String, Double?)] = [
        ("dev/f1_with", row.with), ("dev/f1_without", row.without), ("test/f1_with", row.testWith),
        ("test/f1_without", row.testWithout),
      ]
      let losses = [("epoch_loss/total", row.loss)] + row.parts.map { ("epoch_loss/" + Self.tag($0.key), $0.value) }
      return TensorBoardEvent(
        step: row.step, values: losses + scores.compactMap { name, value in value.map { (name, $0) } })
    }
  }

  /// A name as TensorBoard's tags are written: `NLL+` becomes `nll_plus`.
  static func tag(_ name: String) -> String {
    String(
      name.lowercased().replacing("+", with: "_plus").map { character in
        character.isASCII && (character.isLetter || character.isNumber || "_-.".contains(character)) ? character : "_"
      })
  }
}
