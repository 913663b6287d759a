import Dispatch
import Glibc
import NetworkPolicy
import PluginAPI
import Synchronization

/// The addresses that a host's name leads to, in the system's order.
enum Resolver {
  /// Throws ``HTTPFailure`` where the name leads nowhere. The system's call cannot be cancelled: a cancelled task leaves it behind.
  static func addresses(of address: WebAddress) async throws -> [NetworkAddress] {
    if let literal = NetworkAddress(address.host) { return [literal] }
    let answer = OneAnswer()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.await(continuation)
        DispatchQueue.global().async { answer.give(Result { try lookUp(address) }) }
      }
    } onCancel: {
      answer.give(.failure(CancellationError()))
    }
  }

  private static func lookUp(_ address: WebAddress) throws -> [NetworkAddress] {
    var hints = addrinfo(), list: UnsafeMutablePointer<addrinfo>?
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    let code = getaddrinfo(address.host, nil, &hints, &list)
    guard code == 0 else {
      let again = code == EAI_AGAIN
      throw HTTPFailure(
        .unreachable, "\(address): the name `\(address.host)` cannot be resolved: \(String(cString: gai_strerror(code)))",
        retries: again)
    }
    defer { freeaddrinfo(list) }
    var found: [NetworkAddress] = []
    for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
      guard let entry = entry?.pointee, let bytes = bytes(of: entry) else { continue }
      let address = NetworkAddress(bytes: bytes)
      if !found.contains(address) { found.append(address) }
    }
    return found
  }

  private static func bytes(of entry: addrinfo) -> [UInt8]? {
    guard let raw = UnsafeRawPointer(entry.ai_addr) else { return nil }
    switch entry.ai_family {
    case AF_INET:
      return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
    case AF_INET6:
      return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
    default: return nil
    }
  }
}

/// Hands the first of several answers to the one who waits.
private final class OneAnswer: Sendable {
  typealias Answer = Result<[NetworkAddress], any Error>
  private struct State {
    var waiting: CheckedContinuation<[NetworkAddress], any Error>?
    var answer: Answer?
  }
  private let state = Mutex(State())

  func await(_ continuation: CheckedContinuation<[NetworkAddress], any Error>) {
    let answer = state.withLock { state -> Answer? in
      if state.answer == nil { state.waiting = continuation }
      return state.answer
    }
    if let answer { continuation.resume(with: answer) }
  }

  func give(_ answer: Answer) {
    let waiting = state.withLock { state -> CheckedContinuation<[NetworkAddress], any Error>? in
      guard state.answer == nil else { return nil }
      state.answer = answer
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(with: answer)
  }
}
