import FoundationEssentials
import PluginAPI

/// Wikipedia, or another MediaWiki with CirrusSearch.
struct MediaWikiProvider: SingleQueryProvider {
  let name = "mediawiki"
  let fingerprint: [String: String]
  let concurrency: Int
  private let endpoint: Endpoint
  private let match: ProviderOptions.Match
  private let text: ProviderOptions.Text

  static let address = "https://en.wikipedia.org/w/api.php"

  init(_ options: ProviderOptions, _ services: Services) throws {
    endpoint = try Endpoint(options.url ?? Self.address, services)
    (match, text) = (options.match ?? .any, options.text ?? .snippet)
    concurrency = options.concurrency ?? 1
    fingerprint = ["url": endpoint.url, "match": match.rawValue, "text": text.rawValue]
  }

  private struct Answer: Decodable {
    struct Query: Decodable {
      var search: [Item]?
      var pages: [Page]?
    }
    struct Item: Decodable {
      var title: String, pageid: Int, snippet: String?, timestamp: String?
    }
    struct Page: Decodable {
      var pageid: Int?, extract: String?
    }
    var query: Query?
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    // All words of a sentence are on no page; any of them are on many, and the rarest decide.
    let words = QuerySyntax.cirrus.query(query, joinedBy: match == .any ? " OR " : " ")
    guard !words.isEmpty else { return [] }
    let answer = try await ask([
      ("list", "search"), ("srsearch", words), ("srlimit", "\(min(limit, 50))"), ("srprop", "snippet|timestamp"),
    ])
    let items = answer.query?.search ?? []
    let extracts = text == .extract && !items.isEmpty ? try await extracts(items.map(\.pageid)) : [:]
    return items.enumerated().map { i, item in
      hit(
        rank: i + 1, id: "\(item.pageid)", title: item.title,
        text: plainSnippet(extracts[item.pageid] ?? item.snippet ?? ""), url: pageURL(item.pageid), date: item.timestamp)
    }
  }

  /// The beginnings of pages as plain text, by page; the server gives twenty a request.
  private func extracts(_ pages: [Int]) async throws -> [Int: String] {
    var found: [Int: String] = [:]
    for from in stride(from: 0, to: pages.count, by: 20) {
      let ids = pages[from..<min(from + 20, pages.count)].map(String.init).joined(separator: "|")
      let answer = try await ask([
        ("prop", "extracts"), ("exintro", "1"), ("explaintext", "1"), ("exlimit", "20"), ("pageids", ids),
      ])
      for page in answer.query?.pages ?? [] { if let id = page.pageid { found[id] = page.extract } }
    }
    return found
  }

  private func pageURL(_ page: Int) -> String {
    endpoint.url.replacing("/api.php", with: "/index.php") + "?curid=\(page)"
  }

  private func ask(_ fields: [(name: String, value: String?)]) async throws -> Answer {
    let common: [(name: String, value: String?)] = [
      ("action", "query"), ("format", "json"), ("formatversion", "2"), ("maxlag", "5"),
    ]
    // Wikimedia refuses programs that do not say what they are.
    let agent = [(name: "User-Agent", value: "calm-search-engine/1.0 (named-entity recognition with retrieved contexts)")]
    let url = endpoint.url
    return try await endpoint.send(endpoint.request("", common + fields, headers: agent), Answer.self) { response in
      Self.failure(of: response, url)
    }
  }

  /// Errors come with status 200.
  static func failure(of response: HTTPResponse, _ url: String) -> HTTPFailure? {
    struct Body: Decodable {
      struct Fault: Decodable {
        var code: String, info: String?
      }
      var error: Fault
    }
    guard let fault = (try? JSONDecoder().decode(Body.self, from: Data(response.body)))?.error else { return nil }
    let passing =
      ["maxlag", "ratelimited", "readonly"].contains(fault.code) || fault.code.hasPrefix("internal_api_error")
      || fault.code.hasPrefix("cirrussearch-too-busy")
    return HTTPFailure(
      .answer, "\(url) reports \(fault.code): \(fault.info ?? "")", status: response.status, retries: passing,
      retryAfter: response.header("retry-after").flatMap(Double.init).flatMap { (0...86400).contains($0) ? $0 : nil },
      attempts: response.attempts)
  }
}
