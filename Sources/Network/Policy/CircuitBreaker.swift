/// Leaves an endpoint alone that fails again and again: after so many requests in a row that failed for good, others fail at once.
/// After a pause one request is let through; it decides whether the rest are.
public struct CircuitBreaker: Sendable {
  private enum State {
    case closed(failures: Int)
    case open(until: Double)
    case trying
  }

  private var state = State.closed(failures: 0)
  private let limit: Int
  private let pause: Double

  /// A closed circuit.
  public init(_ policy: HTTPPolicy) {
    limit = policy.breakAfter
    pause = policy.breakSeconds
  }

  /// Lets a request through, or tells in how many seconds one may come. `now` is in seconds of any clock that does not jump.
  public mutating func admit(now: Double) -> Double? {
    switch state {
    case .closed: return nil
    case .trying: return pause
    case .open(let until):
      guard now >= until else { return until - now }
      state = .trying
      return nil
    }
  }

  /// The endpoint works: it answered, be it that it refused.
  public mutating func succeed() { state = .closed(failures: 0) }

  /// A request failed for good, and the endpoint is to blame.
  public mutating func fail(now: Double) {
    var failures = limit
    if case .closed(let before) = state { failures = before + 1 }
    state = failures >= limit ? .open(until: now + pause) : .closed(failures: failures)
  }

  /// A request ended without telling anything about the endpoint.
  public mutating func abandon(now: Double) {
    if case .trying = state { state = .open(until: now) }
  }
}
