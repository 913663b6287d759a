import FoundationEssentials
import PluginAPI

/// A SearXNG server, which asks other engines. JSON has to be allowed in its `search.formats`.
struct SearXNGProvider: SingleQueryProvider {
  let name = "searxng"
  let fingerprint: [String: String]
  let concurrency: Int
  private let endpoint: Endpoint
  private let language: String?, categories: String?, engines: String?
  private let pages: Int

  init(_ options: ProviderOptions, _ services: Services) throws {
    endpoint = try Endpoint(options.required(options.url, "url"), services)
    (language, categories, engines) = (options.language, options.categories, options.engines)
    (pages, concurrency) = (options.pages ?? 1, options.concurrency ?? 4)
    fingerprint = [
      "url": endpoint.url, "language": language ?? "", "categories": categories ?? "", "engines": engines ?? "",
      "pages": "\(pages)",
    ]
  }

  private struct Answer: Decodable {
    struct Item: Decodable {
      var title: String?, url: String?, content: String?, score: Double?, publishedDate: String?
    }
    var results: [Item]
    /// Pairs of an engine's name and what is wrong with it.
    var unresponsive: [[String]]

    private enum CodingKeys: String, CodingKey { case results, unresponsive = "unresponsive_engines" }

    init(from decoder: any Swift.Decoder) throws {
      let object = try decoder.container(keyedBy: CodingKeys.self)
      results = try object.decode([Item].self, forKey: .results)
      unresponsive = (try? object.decode([[String]].self, forKey: .unresponsive)) ?? []
    }
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    let text = QuerySyntax.searxng.query(query)
    guard !text.isEmpty else { return [] }
    var hits: [SearchHit] = []
    for page in 1...pages where hits.count < limit {
      let request = endpoint.request(
        "/search",
        [
          ("q", text), ("format", "json"), ("pageno", "\(page)"), ("language", language), ("categories", categories),
          ("engines", engines),
        ])
      let answer: Answer
      do { answer = try await endpoint.send(request, Answer.self) } catch let failure as HTTPFailure {
        guard failure.status == 403 else { throw failure }
        throw SearchFailure(
          "\(failure.message): the server has to list json under search.formats in its settings.yml", isLasting: true)
      }
      // With engines down, "nothing" is not what the web says.
      if page == 1 && answer.results.isEmpty && !answer.unresponsive.isEmpty {
        throw SearchFailure(
          "\(endpoint.url): no engine answered: "
            + answer.unresponsive.map { $0.joined(separator: ": ") }.joined(separator: ", "))
      }
      for item in answer.results {
        hits.append(
          hit(
            rank: hits.count + 1, id: item.url ?? "", title: plainSnippet(item.title ?? ""),
            text: plainSnippet(item.content ?? ""), score: item.score, url: item.url ?? "", date: item.publishedDate))
      }
      if answer.results.isEmpty { break }
    }
    return Array(hits.prefix(limit))
  }
}
