import Testing

@testable import Host

/// Expects every law to be kept, and all but the named ones to have been tried.
func expectKept(_ results: [LawResult], untried: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(!results.isEmpty, sourceLocation: sourceLocation)
  for result in results {
    #expect(result.passed, "\(result.law): \(result.reason)", sourceLocation: sourceLocation)
  }
  let skipped = Set(results.filter { $0.passed && !$0.reason.isEmpty }.map(\.law))
  #expect(skipped == untried, sourceLocation: sourceLocation)
}

/// Expects a law whose name begins with `law` to be broken, for a reason that is said.
func expectBroken(_ law: String, in results: [LawResult], sourceLocation: SourceLocation = #_sourceLocation) {
  let broken = results.filter { !$0.passed }
  #expect(broken.contains { $0.law.hasPrefix(law) }, "broken: \(broken)", sourceLocation: sourceLocation)
  #expect(broken.allSatisfy { !$0.reason.isEmpty }, sourceLocation: sourceLocation)
}
