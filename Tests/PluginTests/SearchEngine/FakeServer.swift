import FoundationEssentials
import PluginAPI
import Synchronization

@testable import SearchEngine

/// A network whose servers answer as they are told, and note what they are asked.
final class FakeServer: HTTPClient {
  typealias Answer = @Sendable (HTTPRequest) throws -> String

  private let answer: Answer
  private let noted = Mutex<[HTTPRequest]>([])

  init(_ answer: @escaping Answer) { self.answer = answer }

  /// A server that always says the same.
  convenience init(_ body: String) { self.init { _ in body } }

  var requests: [HTTPRequest] { noted.withLock { $0 } }
  /// The value of a query field of the last request, decoded.
  func field(_ name: String) -> String? {
    let query = requests.last?.url.split(separator: "?", maxSplits: 1).last ?? ""
    return query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
      .first { $0[0] == name }?.last.map { Self.decoded($0) }
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) else {
        bytes.append(byte)
        continue
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    noted.withLock { $0.append(request) }
    return HTTPResponse(status: 200, headers: [("retry-after", "7")], body: Array(try answer(request).utf8))
  }

  func send(
    _ request: HTTPRequest, inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure?
  ) async throws -> HTTPResponse {
    let response = try await send(request)
    if let failure = inspect(response) { throw failure }
    return response
  }

  func stream(_ request: HTTPRequest) async throws -> (response: HTTPResponse, body: AsyncThrowingStream<[UInt8], any Error>) {
    throw HTTPFailure(.refused, "not here")
  }
}

/// What the host gives in tests.
struct FakeServices: ServiceProvider {
  let server: any HTTPClient
  var encoder: (any TokenEncoder)?

  func http() throws -> any HTTPClient { server }
  func secret(_ name: String) throws -> Secret { Secret("the key", name: name) }
  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder {
    guard let encoder else { throw PluginError("no encoder here") }
    return encoder
  }

  /// Services, and the warnings that were given to the user.
  static func services(
    _ server: any HTTPClient = FakeServer("{}"), encoder: (any TokenEncoder)? = nil, cache: String = "/nowhere"
  ) -> (services: Services, warnings: Warnings) {
    let warnings = Warnings()
    let services = Services(seed: 1, cacheFolder: cache, provider: FakeServices(server: server, encoder: encoder)) {
      level, text in
      if level == .warning { warnings.add(text) }
    }
    return (services, warnings)
  }
}

final class Warnings: Sendable {
  private let texts = Mutex<[String]>([])
  func add(_ text: String) { texts.withLock { $0.append(text) } }
  var all: [String] { texts.withLock { $0 } }
}

extension ProviderOptions {
  /// An engine that options in JSON describe.
  static func open(_ json: String, _ server: any HTTPClient) throws -> any SearchProvider {
    try JSONDecoder().decode(ProviderOptions.self, from: Data(json.utf8)).open(FakeServices.services(server).services)
  }
}

extension SearchProvider {
  /// The hits of one query.
  func hits(_ query: String, limit: Int = 10) async throws -> [SearchHit] {
    try await search([query], limit: limit)[0].get()
  }
}
