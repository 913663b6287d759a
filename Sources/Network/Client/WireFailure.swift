import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL
import NetworkPolicy
import PluginAPI

/// What an error of the libraries below means.
func wireFailure(_ error: any Error, _ address: WebAddress, _ policy: HTTPPolicy) -> any Error {
  func failure(_ kind: HTTPFailure.Kind, _ what: String, retries: Bool) -> HTTPFailure {
    HTTPFailure(kind, "\(address) \(what)", retries: retries)
  }
  switch error {
  case is HTTPFailure, is CancellationError: return error
  case let error as HTTPClientError:
    switch error {
    case .cancelled: return CancellationError()
    case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
      return failure(.timeout, "took no connection within \(policy.connectSeconds) s", retries: true)
    case .readTimeout:
      return failure(.timeout, "sent nothing for \(policy.readSeconds) s", retries: true)
    case .remoteConnectionClosed, .uncleanShutdown:
      return failure(.connection, "closed the connection before its answer was complete", retries: true)
    default: return failure(.connection, "cannot be asked: \(error.shortDescription)", retries: false)
    }
  case NIOSSLError.uncleanShutdown:
    return failure(.connection, "closed the connection before its answer was complete", retries: true)
  case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
    return failure(.unreachable, "cannot be trusted, TLS fails: \(error)", retries: false)
  case let error as IOError:
    let reason = String(cString: strerror(error.errnoCode))
    return madeNoConnection(error)
      ? failure(.unreachable, "takes no connection: \(reason)", retries: true)
      : failure(.connection, "broke the connection: \(reason)", retries: true)
  case HTTPParserError.invalidEOFState:
    return failure(.connection, "closed the connection before its answer was complete", retries: true)
  case is HTTPParserError:
    return failure(.answer, "does not answer in HTTP: \(error)", retries: false)
  case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
    return tooLarge(address, policy, error)
  default:
    return failure(.connection, "broke the connection: \(error)", retries: true)
  }
}

/// Whether nothing was sent because no connection was made.
func madeNoConnection(_ error: any Error) -> Bool {
  switch error {
  case let error as IOError: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL].contains(error.errnoCode)
  case let error as HTTPClientError: error == .connectTimeout
  default: false
  }
}

private func tooLarge(_ address: WebAddress, _ policy: HTTPPolicy, _ error: any Error) -> HTTPFailure {
  if case NIOHTTPDecompression.DecompressionError.limit = error { return .tooLarge(address, policy) }
  return HTTPFailure(.answer, "\(address) sent a body that cannot be decompressed: \(error)")
}

extension HTTPFailure {
  /// The answer is larger than the policy allows.
  static func tooLarge(_ address: WebAddress, _ policy: HTTPPolicy) -> HTTPFailure {
    HTTPFailure(.answer, "\(address) sent more than \(policy.maxMegabytes) MB (`http.maxMegabytes`)")
  }
}
