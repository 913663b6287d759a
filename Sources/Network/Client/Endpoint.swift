import NetworkPolicy
import PluginAPI
import Synchronization

/// What is counted for one scheme, host and port: requests under way, and failures in a row.
final class Endpoint: Sendable {
  let gate: Gate
  private let circuit: Mutex<CircuitBreaker>

  init(_ policy: HTTPPolicy) {
    gate = Gate(policy.concurrency)
    circuit = Mutex(CircuitBreaker(policy))
  }

  /// Throws where the endpoint is left alone.
  func admit(_ address: WebAddress, uptime: Double) throws(HTTPFailure) {
    guard let seconds = circuit.withLock({ $0.admit(now: uptime) }) else { return }
    throw HTTPFailure(
      .circuit, "\(address.origin) failed again and again and is left alone for another \(Int(seconds.rounded(.up))) s",
      retryAfter: seconds, attempts: 0)
  }

  /// Notes how a request ended.
  func note(_ error: (any Error)?, uptime: Double) {
    circuit.withLock { circuit in
      switch error {
      case nil: circuit.succeed()
      case let failure as HTTPFailure:
        switch failure.kind {
        case .connection, .unreachable, .timeout: circuit.fail(now: uptime)
        case .status where (failure.status ?? 0) >= 500: circuit.fail(now: uptime)
        case .refused, .circuit: circuit.abandon(now: uptime)
        default: circuit.succeed()
        }
      default: circuit.abandon(now: uptime)
      }
    }
  }
}
