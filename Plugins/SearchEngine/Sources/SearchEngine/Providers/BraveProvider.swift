import PluginAPI

/// Brave's web search.
struct BraveProvider: SingleQueryProvider {
  let name = "brave"
  let fingerprint: [String: String]
  let concurrency: Int
  private let endpoint: Endpoint
  private let key: Secret
  private let language: String?
  private let pages: Int

  static let address = "https://api.search.brave.com/res/v1/web/search"

  init(_ options: ProviderOptions, _ services: Services) throws {
    endpoint = try Endpoint(options.url ?? Self.address, services)
    key = try services.secret(options.key ?? "BRAVE_API_KEY")
    // The free plan allows one request a second: more at a time only meet the limit.
    (language, pages, concurrency) = (options.language, options.pages ?? 1, options.concurrency ?? 1)
    fingerprint = ["language": language ?? "", "pages": "\(pages)", "url": endpoint.url]
  }

  private struct Answer: Decodable {
    struct Web: Decodable { var results: [Item]? }
    struct Item: Decodable {
      var title: String?, url: String?, description: String?, extra_snippets: [String]?, page_age: String?
    }
    /// Not there where nothing is found.
    var web: Web?
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    let text = QuerySyntax.brave.query(query)
    guard !text.isEmpty else { return [] }
    var hits: [SearchHit] = []
    for page in 0..<min(pages, (limit + 19) / 20) {
      var request = endpoint.request(
        "",
        [("q", text), ("count", "\(min(20, limit))"), ("offset", "\(page)"), ("search_lang", language), ("spellcheck", "0")])
      request.secrets = [("X-Subscription-Token", key)]
      let items = try await endpoint.send(request, Answer.self).web?.results ?? []
      for item in items {
        let snippets = [item.description ?? ""] + (item.extra_snippets ?? [])
        hits.append(
          hit(
            rank: hits.count + 1, id: item.url ?? "", title: plainSnippet(item.title ?? ""),
            text: plainSnippet(snippets.joined(separator: " ")), url: item.url ?? "", date: item.page_age))
      }
      if items.count < 20 { break }
    }
    return Array(hits.prefix(limit))
  }
}
