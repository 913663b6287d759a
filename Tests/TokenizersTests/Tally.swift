import Testing

/// Counts comparisons and keeps the first failures: hundreds of long differences would tell no more.
struct Tally {
  private(set) var compared = 0
  private(set) var failed = 0
  private var examples: [String] = []

  mutating func compare<Value: Equatable>(_ got: Value, _ expected: Value, _ what: @autoclosure () -> String) {
    compared += 1
    if got == expected { return }
    failed += 1
    if examples.count < 3 { examples.append("\(what()): got \(got), expected \(expected)") }
  }

  func check(_ name: String) {
    print("\(name): \(compared - failed) of \(compared) exact")
    #expect(compared > 0, "\(name): nothing to compare")
    #expect(failed == 0, "\(name): \(failed) of \(compared) differ: \(examples.joined(separator: "; "))")
  }
}
