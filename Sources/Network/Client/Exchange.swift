import PluginAPI

/// What goes over the wire once: a request to one address, without retries and redirects.
struct Exchange: Sendable {
  var method: String
  var address: WebAddress
  var headers: [(name: String, value: String)]
  var body: [UInt8]
}

/// An answer whose body is still to come.
struct OpenAnswer: Sendable {
  var status: Int
  /// Names in lower case.
  var headers: [(name: String, value: String)]
  /// The next piece of the body, nil at its end.
  var next: @Sendable () async throws -> [UInt8]?

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Carries exchanges out. Throws ``HTTPFailure`` and `CancellationError` only.
protocol Transport: Sendable {
  func open(_ exchange: Exchange) async throws -> OpenAnswer
}
