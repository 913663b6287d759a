import PluginAPI

/// One engine. It knows its address, its query language and what its answers look like; everything else is the chain's.
protocol SearchProvider: Sendable {
  /// What the configuration calls it.
  var name: String { get }
  /// What its answers depend on besides the query, by name; no secrets.
  var fingerprint: [String: String] { get }
  /// Requests at a time.
  var concurrency: Int { get }
  /// Queries that one request can hold.
  var batch: Int { get }
  /// The hits of each query, at most `batch` of them. Throws ``SearchFailure`` where the request fails as a whole.
  func search(_ queries: [String], limit: Int) async throws -> [Result<[SearchHit], SearchFailure>]
}

/// Why an engine did not answer.
struct SearchFailure: Error, CustomStringConvertible, Sendable, Hashable {
  /// One sentence that names the endpoint.
  var message: String
  /// Whether every other query would fail too: a quota that is used up, a key that is refused.
  var isLasting = false
  /// Whether every other query would fail too at the moment: nobody answers at the address.
  var isOutage = false
  /// Where the query was not sent because the server is left alone for a while: seconds until it may be asked again.
  var pause: Double?

  var description: String { message }

  init(_ message: String, isLasting: Bool = false) { (self.message, self.isLasting) = (message, isLasting) }

  init(_ failure: HTTPFailure) {
    let isLasting = [.refused, .quota].contains(failure.kind) || failure.status == 401 || failure.status == 403
    self.init(failure.message, isLasting: isLasting)
    // A connection that broke may be the query's fault; one that was never there is not.
    isOutage = failure.kind == .unreachable
    // The host does not always tell for how long; to ask it costs nothing.
    if failure.kind == .circuit { pause = failure.retryAfter ?? 1 }
  }

  /// Any error as a failure.
  init(_ error: any Error) {
    switch error {
    case let error as SearchFailure: self = error
    case let error as HTTPFailure: self.init(error)
    default: self.init("\(error)")
    }
  }
}

/// An engine that answers one query a request.
protocol SingleQueryProvider: SearchProvider {
  /// The hits of a query.
  func search(_ query: String, limit: Int) async throws -> [SearchHit]
}

extension SingleQueryProvider {
  var batch: Int { 1 }

  func search(_ queries: [String], limit: Int) async throws -> [Result<[SearchHit], SearchFailure>] {
    var answers: [Result<[SearchHit], SearchFailure>] = []
    for query in queries {
      do { answers.append(.success(try await search(query, limit: limit))) } catch {
        answers.append(.failure(SearchFailure(error)))
      }
    }
    return answers
  }
}

extension SearchProvider {
  /// A hit of this engine.
  func hit(
    rank: Int, id: String, title: String, text: String, score: Double? = nil, url: String = "", date: String? = nil
  ) -> SearchHit {
    SearchHit(
      provider: name, rank: rank, id: id, title: title, text: text, score: score, url: url, date: date ?? "")
  }
}

extension ProviderOptions {
  /// The engine.
  func open(_ services: Services) throws -> any SearchProvider {
    try verify()
    switch provider {
    case .local: return try LocalProvider(self)
    case .google: return try GoogleProvider(self, services)
    case .searxng: return try SearXNGProvider(self, services)
    case .brave: return try BraveProvider(self, services)
    case .opensearch: return try OpenSearchProvider(self, services)
    case .mediawiki: return try MediaWikiProvider(self, services)
    }
  }
}
