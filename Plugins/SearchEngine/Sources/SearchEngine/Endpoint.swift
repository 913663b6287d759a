import FoundationEssentials
import PluginAPI

/// A server that answers in JSON.
struct Endpoint: Sendable {
  /// The address without query.
  let url: String
  let http: any HTTPClient
  /// What the server is sent inside something else, and must not show where it repeats it.
  private let secrets: [Secret]

  /// - Parameter url: an address; a `/` at its end is dropped.
  init(_ url: String, _ services: Services, secrets: [Secret] = []) throws {
    self.secrets = secrets
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw PluginError("`\(url)` is no address", hint: "write it with http:// or https://")
    }
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    http = try services.http()
  }

  /// A request to the address with `path` behind it and query fields, which are encoded here.
  func request(
    _ path: String = "", _ fields: [(name: String, value: String?)], headers: [(name: String, value: String)] = []
  ) -> HTTPRequest {
    let query = fields.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }.joined(separator: "&")
    return HTTPRequest(
      "GET", url + path + (query.isEmpty ? "" : "?" + query), headers: [("Accept", "application/json")] + headers)
  }

  /// The answer to a request. `inspect` finds failures in answers whose status is a success.
  func send<Answer: Decodable>(
    _ request: HTTPRequest, _ type: Answer.Type,
    inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure? = { _ in nil }
  ) async throws -> Answer {
    let response: HTTPResponse
    do { response = try await http.send(request, inspect: inspect) } catch var failure as HTTPFailure {
      (failure.message, failure.body) = (redacted(failure.message), redacted(failure.body))
      throw failure
    }
    do { return try JSONDecoder().decode(type, from: Data(response.body)) } catch {
      // Cut last: half a key cannot be found.
      let sent = request.secrets.map(\.value) + request.secretQuery.map(\.value)
      let start = redacted(String(decoding: response.body.prefix(65536), as: UTF8.self), sent).prefix(80)
      throw SearchFailure("\(url) answered something that is not what it should be: \(start)")
    }
  }

  /// What the server says without what it was sent in secret.
  func redacted(_ text: String, _ sent: [Secret] = []) -> String {
    (secrets + sent).reduce(text) { $1.redacted(from: $0) }
  }
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
