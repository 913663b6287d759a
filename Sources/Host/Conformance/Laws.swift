import PluginAPI

/// Whether a conformer keeps one law of its protocol.
struct LawResult: Sendable, Equatable {
  /// The law, as a statement about the conformer.
  let law: String
  /// False where it was broken. A law that could not be tried counts as kept.
  let passed: Bool
  /// What broke it, or why it could not be tried; empty where it was tried and kept.
  let reason: String
}

/// What trying a law came to.
enum Verdict: Sendable {
  case kept
  case broken(String)
  case untried(String)

  /// Broken where there is a fault.
  init(_ fault: String?) { self = fault.map(Verdict.broken) ?? .kept }
}

/// Thrown deep inside an attempt: what breaks the law.
struct LawFault: Error {
  let reason: String
}

/// What is wrong in one round of a fuzzed law, with `round`, which says how to come to it again.
func roundFault(_ round: String, _ attempt: () throws -> String?) -> String? {
  do { return try attempt().map { "\(round): \($0)" } } catch {
    return "\(round): " + ((error as? LawFault)?.reason ?? "it threw: \(error)")
  }
}

/// Tries laws one after the other. An error breaks the law that it was thrown in, and the next one is still tried.
struct LawBook {
  /// Which of the laws are tried.
  enum Choice: Sendable, Equatable {
    case all
    /// None; the results name what there is.
    case names
    /// The one of this name; there are no results of the others.
    case one(String)
  }

  private(set) var results: [LawResult] = []
  /// Whether nothing else goes on in this process, so that what calls leave behind can be told.
  let isAlone: Bool
  private let choice: Choice

  init(_ choice: Choice = .all, isAlone: Bool = false) {
    self.choice = choice
    self.isAlone = isAlone
  }

  mutating func law(_ law: String, _ attempt: () throws -> Verdict) {
    guard isTried(law) else { return }
    do { record(law, try attempt()) } catch { record(law, Self.verdict(error)) }
  }

  mutating func law(_ law: String, waitingFor attempt: () async throws -> Verdict) async {
    guard isTried(law) else { return }
    do { record(law, try await attempt()) } catch { record(law, Self.verdict(error)) }
  }

  private mutating func isTried(_ law: String) -> Bool {
    switch choice {
    case .all: return true
    case .one(let name): return name == law
    case .names:
      record(law, .untried("it was only named"))
      return false
    }
  }

  private static func verdict(_ error: any Error) -> Verdict {
    .broken((error as? LawFault)?.reason ?? "it threw: \(error)")
  }

  private mutating func record(_ law: String, _ verdict: Verdict) {
    switch verdict {
    case .kept: results.append(LawResult(law: law, passed: true, reason: ""))
    case .untried(let reason): results.append(LawResult(law: law, passed: true, reason: reason))
    case .broken(let reason): results.append(LawResult(law: law, passed: false, reason: reason))
    }
  }
}
