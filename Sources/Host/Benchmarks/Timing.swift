/// The times of one call, measured several times.
struct Timing {
  /// Seconds a call, ascending.
  private let seconds: [Double]

  /// - Parameter seconds: at least one measurement.
  init(_ seconds: [Double]) { self.seconds = seconds.sorted() }

  /// Calls `body` once to warm up, then `count` times; what is shorter than `least` seconds is called several times a measurement.
  static func measure(_ count: Int, least: Double = 0.02, _ body: () throws -> Void) rethrows -> Timing {
    let clock = ContinuousClock()
    let first = try clock.measure(body).seconds
    // The first call is the slowest; a second one tells how many are needed.
    let second = first < least ? try clock.measure(body).seconds : first
    let calls = max(1, Int((least / max(second, 1e-9)).rounded(.up)))
    return Timing(
      try (0..<max(1, count)).map { _ in
        try clock.measure { for _ in 0..<calls { try body() } }.seconds / Double(calls)
      })
  }

  var median: Double {
    let middle = seconds.count / 2
    guard !seconds.isEmpty else { return .nan }
    return seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
  }
  var least: Double { seconds.first ?? .nan }
  var most: Double { seconds.last ?? .nan }
  var total: Double { seconds.reduce(0, +) }

  /// What this share of the measurements does not exceed.
  func quantile(_ share: Double) -> Double {
    guard !seconds.isEmpty else { return .nan }
    return seconds[min(seconds.count - 1, Int((share * Double(seconds.count)).rounded(.up)) - 1)]
  }

  /// `medianMs`, `minMs`, `maxMs`.
  var fields: [BenchRow.Field] {
    [
      ("medianMs", .number(median * 1e3, digits: 3)), ("minMs", .number(least * 1e3, digits: 3)),
      ("maxMs", .number(most * 1e3, digits: 3)),
    ]
  }
}
