import PluginAPI
import Testing

@testable import Host

struct BenchRowTests {
  private func row(_ batch: Int, _ rate: Double) -> BenchRow {
    BenchRow(
      bench: "encoder", settings: [("threads", .count(2)), ("batch", .count(batch))],
      results: [("tokensPerSecond", .number(rate, digits: 1)), ("note", .text("x"))])
  }

  @Test func `a row is one flat object with its settings`() throws {
    #expect(try jsonLine(row(4, 1.25)) == #"{"batch":4,"bench":"encoder","note":"x","threads":2,"tokensPerSecond":1.25}"#)
  }

  @Test func `what all rows share stands above the table`() {
    let lines = BenchRow.text([row(4, 10), row(16, 100.25)]).split(separator: "\n").map(String.init)
    #expect(lines[0] == "threads 2")
    #expect(lines[1].hasPrefix("batch  tokensPerSecond"))
    #expect(lines[3].hasPrefix("    4             10.0") && lines[4].contains("100.3"))
  }

  @Test func `a single row stands upright`() {
    let lines = BenchRow.text([row(4, 10)]).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines == [["threads", "2"], ["batch", "4"], ["tokensPerSecond", "10.0"], ["note", "x"]])
  }

  @Test func `the median of an even number is the middle of two`() {
    #expect(Timing([4, 1, 2]).median == 2)
    let even = Timing([4, 1, 2, 3])
    #expect(even.median == 2.5 && even.least == 1 && even.most == 4 && even.total == 10)
  }

  @Test func `short calls are repeated and long ones are not`() {
    var calls = 0
    _ = Timing.measure(3, least: 0) { calls += 1 }
    #expect(calls == 1 + 3)
    calls = 0
    let timing = Timing.measure(2, least: 0.005) { calls += 1 }
    #expect(calls > 100 && timing.median < 0.001)
  }

  @Test func `peak memory follows what was touched`() {
    PeakMemory.reset()
    let before = PeakMemory.mebibytes
    let block = [UInt8](repeating: 1, count: 64 << 20)
    #expect(PeakMemory.mebibytes > before + 60, "\(block.count)")
  }

  @Test func `every shape's heads divide its width`() {
    for shape in ModelShape.allCases { #expect(shape.sizes.hidden % shape.sizes.heads == 0, "\(shape)") }
  }
}
