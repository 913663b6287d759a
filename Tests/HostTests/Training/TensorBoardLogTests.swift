import FoundationEssentials
import TestSupport
import Testing

@testable import Host

@Suite("TensorBoard") struct TensorBoardLogTests {
  private let folder: RunFolder
  private let rates = ["encoder": 2e-3, "crf": 0.05]

  init() throws {
    folder = try RunFolder(path: FileManager.default.temporaryDirectory.path + "/calm-events-\(UInt64.random(in: 0 ..< .max))")
  }

  private func step(_ step: Int) -> MetricsLog.Line {
    .step(
      StepRow(
        step: step, epoch: 1, loss: 3.5, parts: ["NLL": 2, "NLL+": 1, "KL": 0.5], gradientNorm: 7, rateFactor: 0.5))
  }

  private let epoch = EpochRow(
    epoch: 1, step: 20, loss: 4, parts: ["NLL": 4], with: 0.5, without: 0.25, testWith: nil, testWithout: nil, best: true)

  private func log(_ line: MetricsLog.Line, _ events: TensorBoardLog) throws {
    switch line {
    case .step(let row): try folder.append(jsonLine(row), to: MetricsLog.file)
    case .epoch(let row): try folder.append(jsonLine(row), to: MetricsLog.file)
    }
    try events.append(line)
  }

  private func bytes() throws -> [UInt8] { try FileBytes.read(folder.file(TensorBoardLog.file)) }
  private func events() throws -> [EventReader.Event] { try EventReader.events(bytes()) }
  private func steps() throws -> [Int] { try events().dropFirst().map(\.step) }

  @Test func valuesAreThoseOfTheMetrics() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let log = try TensorBoardLog(in: folder, rates: rates)
    try self.log(step(10), log)
    try self.log(.epoch(epoch), log)
    let events = try events()
    #expect(events.map(\.step) == [0, 10, 20] && events[0].version == "brain.Event:2" && events[0].values.isEmpty)
    #expect(
      events[1].values == [
        "loss/total": 3.5, "loss/nll": 2, "loss/nll_plus": 1, "loss/kl": 0.5, "gradient_norm": 7,
        "learning_rate/encoder": 1e-3, "learning_rate/crf": 0.025,
      ])
    #expect(
      events[2].values == ["epoch_loss/total": 4, "epoch_loss/nll": 4, "dev/f1_with": 0.5, "dev/f1_without": 0.25])
    #expect(events.allSatisfy { abs($0.time - Date.now.timeIntervalSince1970) < 100 })
    // 123456789 has the published check value 0xE3069283; the empty text has 0.
    #expect(EventRecords.framed([]).suffix(4) == [0xD8, 0xEA, 0x82, 0xA2])
  }

  /// Whatever became of the file: afterwards it has a record for each line of the metrics, and none twice.
  @Test func aResumedRunGoesOnWhereItsMetricsDo() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    var log = try TensorBoardLog(in: folder, rates: rates)
    for i in 1...4 { try self.log(step(i * 10), log) }
    let whole = try bytes()
    let size = try #require(folder.size(of: MetricsLog.file))
    try self.log(step(50), log)
    try self.log(.epoch(epoch), log)
    // The checkpoint was before the last two lines.
    folder.cut(MetricsLog.file, to: size)
    log = try TensorBoardLog(in: folder, rates: rates)
    #expect(try bytes() == whole)
    try self.log(step(50), log)
    #expect(try steps() == [10, 20, 30, 40, 50])
    // Cut in the middle of a record, and damaged in one.
    for harm in [
      Array(whole.dropLast(30)), whole.enumerated().map { $0.offset == whole.count - 20 ? $0.element ^ 1 : $0.element },
    ] {
      try Data(harm).write(to: URL(fileURLWithPath: folder.file(TensorBoardLog.file)))
      _ = try TensorBoardLog(in: folder, rates: rates)
      #expect(try steps() == [10, 20, 30, 40, 50] && bytes().starts(with: whole.prefix(whole.count / 2)))
    }
    // A run of before there were events, and one that starts afresh.
    try FileManager.default.removeItem(atPath: folder.file(TensorBoardLog.file))
    _ = try TensorBoardLog(in: folder, rates: rates)
    #expect(try steps() == [10, 20, 30, 40, 50])
    folder.cut(MetricsLog.file, to: 0)
    _ = try TensorBoardLog(in: folder, rates: rates)
    #expect(try events().count == 1)
    // Lying lengths and rubbish are no records.
    var damaged = EventRecords.framed([1])
    damaged[damaged.count - 1] ^= 1
    for rubbish in [[UInt8](repeating: 0xFF, count: 40), damaged, [1]] {
      var records = EventRecords(rubbish)
      #expect(records.next() == nil && records.offset == 0)
    }
  }

  @Test func tagsArePlain() {
    #expect(["NLL", "NLL+", "my loss/ß"].map(TensorBoardLog.tag) == ["nll", "nll_plus", "my_loss__"])
  }
}
