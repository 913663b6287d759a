/// One request to a server.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, …
  public var method: String
  /// The whole address, query included, already percent-encoded.
  public var url: String
  /// Header fields; one whose value is a secret belongs in ``secrets``.
  public var headers: [(name: String, value: String)]
  /// Header fields with secret values: sent like ``headers``, never shown, and dropped when a server redirects to another host.
  public var secrets: [(name: String, value: Secret)]
  /// Query fields with secret values, appended to ``url`` when it is sent.
  public var secretQuery: [(name: String, value: Secret)]
  /// The body.
  public var body: [UInt8]
  /// Whether repeating it after it may have been carried out does no harm. A request that only asks is; so is a paid
  /// one whose answer was lost.
  public var repeatable: Bool

  /// A request.
  public init(
    _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [],
    secrets: [(name: String, value: Secret)] = [], secretQuery: [(name: String, value: Secret)] = [], body: [UInt8] = [],
    repeatable: Bool = true
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.secrets = secrets
    self.secretQuery = secretQuery
    self.body = body
    self.repeatable = repeatable
  }
}

/// A server's answer with a status from 200 to 299.
public struct HTTPResponse: Sendable {
  /// The status.
  public var status: Int
  /// Header fields in their order, names in lower case.
  public var headers: [(name: String, value: String)]
  /// The body, decompressed.
  public var body: [UInt8]
  /// How many times it was asked for.
  public var attempts: Int

  /// An answer.
  public init(status: Int, headers: [(name: String, value: String)], body: [UInt8], attempts: Int = 1) {
    self.status = status
    self.headers = headers
    self.body = body
    self.attempts = attempts
  }

  /// The first header field of a name, which is given in lower case.
  public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// The network as the host allows it: time-outs, retries, limits and allowed hosts are the host's (`http:` in YAML), not the plugin's.
public protocol HTTPClient: Sendable {
  /// The answer to a request, after as many tries as the policy grants. Throws ``HTTPFailure``.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse
  /// The same with the body as it arrives. Tries end with the first byte of an answer: what comes after it is not asked for again.
  /// The call and the stream throw ``HTTPFailure``.
  func stream(_ request: HTTPRequest) async throws -> (response: HTTPResponse, body: AsyncThrowingStream<[UInt8], any Error>)
  /// Whether a success is none after all, as where a server answers 200 with an error in the body: `inspect` gives the
  /// failure, and the request is tried again where that helps. Throws ``HTTPFailure``.
  func send(
    _ request: HTTPRequest, inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure?
  ) async throws -> HTTPResponse
}

/// Why there is no answer.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  /// What kind of failure: the policy and plugins decide by it.
  public enum Kind: String, Sendable {
    /// The configuration does not allow the host, or the address is no address.
    case refused
    /// A connection that broke or was closed before the answer was complete.
    case connection
    /// Connecting, waiting for the next bytes, or the whole took too long.
    case timeout
    /// A status other than 2xx.
    case status
    /// An answer that is not what it should be: too large, cut off, not what was asked for.
    case answer
    /// A quota that will not come back in time (a day's, a month's, paid credit): never tried again.
    case quota
    /// The endpoint failed so often that it is left alone for a while.
    case circuit
    /// Nobody is there to ask: a connection that is refused or finds no way, a name that cannot be resolved, TLS that cannot be
    /// verified.
    case unreachable
  }

  /// What kind of failure.
  public var kind: Kind
  /// The status, where there was an answer.
  public var status: Int?
  /// What happened, in one sentence that names the endpoint; no secret is in it.
  public var message: String
  /// The beginning of what the server said, without secrets.
  public var body: String
  /// Whether another try may help.
  public var retries: Bool
  /// The least wait before another try that the server asks for, in seconds.
  public var retryAfter: Double?
  /// How many times it was tried.
  public var attempts: Int

  /// A failure.
  public init(
    _ kind: Kind, _ message: String, status: Int? = nil, body: String = "", retries: Bool = false, retryAfter: Double? = nil,
    attempts: Int = 1
  ) {
    self.kind = kind
    self.message = message
    self.status = status
    self.body = body
    self.retries = retries
    self.retryAfter = retryAfter
    self.attempts = attempts
  }

  /// The message.
  public var description: String { message }
}

/// A key or a password. It shows itself nowhere: not in messages, dumps or interpolated text.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The value, for the one place that sends it.
  public let value: String
  /// Its name: an environment variable or a file.
  public let name: String

  /// A secret.
  public init(_ value: String, name: String) {
    self.value = value
    self.name = name
  }

  /// The name alone.
  public var description: String { "<\(name)>" }
  /// The name alone.
  public var debugDescription: String { description }
  /// The name alone.
  public var customMirror: Mirror { Mirror(self, children: ["name": name]) }

  /// `text` with the name in place of the value, also where it is percent-encoded or written as JSON writes it. What a server
  /// says may repeat the key that it was sent.
  public func redacted(from text: String) -> String {
    var bytes = Array(text.utf8)
    let asJSON = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    // Some programs write a slash in JSON as `\/`.
    for form in Set([value, percentEncoded, asJSON, asJSON.replacing("/", with: "\\/")]) where !form.isEmpty {
      bytes = Self.replace(Array(form.utf8), in: bytes, with: Array(description.utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value as it stands in a query.
  public var percentEncoded: String {
    let hexadecimal = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in value.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replace(_ form: [UInt8], in bytes: [UInt8], with name: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [], i = 0
    while i < bytes.count {
      if bytes[i...].starts(with: form) {
        out += name
        i += form.count
      } else {
        out.append(bytes[i])
        i += 1
      }
    }
    return out
  }
}
