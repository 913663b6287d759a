import FoundationEssentials
import PluginAPI

/// Google's Custom Search JSON API: ten hits a request, each request paid beyond 100 a day.
struct GoogleProvider: SingleQueryProvider {
  let name = "google"
  let fingerprint: [String: String]
  let concurrency: Int
  private let endpoint: Endpoint
  private let key: Secret
  private let engine: String
  private let language: String?
  private let pages: Int

  static let address = "https://www.googleapis.com/customsearch/v1"
  static let advice =
    "the API is closed to new customers and ends on 1 January 2027; brave, searxng, mediawiki and a local index are alternatives"

  init(_ options: ProviderOptions, _ services: Services) throws {
    engine = try options.required(options.engine, "engine")
    endpoint = try Endpoint(options.url ?? Self.address, services)
    do { key = try services.secret(options.key ?? "GOOGLE_API_KEY") } catch {
      throw PluginError("provider `google`: \(error)", hint: Self.advice)
    }
    (language, pages, concurrency) = (options.language, options.pages ?? 1, options.concurrency ?? 4)
    fingerprint = ["engine": engine, "language": language ?? "", "pages": "\(pages)", "url": endpoint.url]
  }

  private struct Answer: Decodable {
    struct Item: Decodable {
      var title: String?, link: String?, snippet: String?
    }
    /// Not there where nothing is found.
    var items: [Item]?
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    let text = QuerySyntax.google.query(query)
    guard !text.isEmpty else { return [] }
    var hits: [SearchHit] = []
    for page in 0..<min(pages, (limit + 9) / 10) {
      var request = endpoint.request(
        "", [("cx", engine), ("q", text), ("num", "10"), ("start", "\(page * 10 + 1)"), ("lr", language.map { "lang_" + $0 })])
      request.secretQuery = [("key", key)]
      let items: [Answer.Item]
      do { items = try await endpoint.send(request, Answer.self).items ?? [] } catch let failure as HTTPFailure {
        throw Self.explained(failure)
      }
      for item in items {
        hits.append(
          hit(
            rank: hits.count + 1, id: item.link ?? "", title: plainSnippet(item.title ?? ""),
            text: plainSnippet(item.snippet ?? ""), url: item.link ?? ""))
      }
      if items.count < 10 { break }
    }
    return Array(hits.prefix(limit))
  }

  /// Google says in `error.errors[].reason`, of keys in `error.details[].reason`, what was wrong. The quota of a day, which only
  /// the message tells from that of a minute, does not come back before midnight, Pacific time.
  private static func explained(_ failure: HTTPFailure) -> SearchFailure {
    struct Body: Decodable {
      struct Fault: Decodable {
        struct Item: Decodable { var reason: String? }
        var message: String?
        var errors: [Item]?, details: [Item]?
      }
      var error: Fault
    }
    var result = SearchFailure(failure)
    let fault = (try? JSONDecoder().decode(Body.self, from: Data(failure.body.utf8)))?.error
    let reason = fault?.errors?.first?.reason ?? ""
    if let message = fault?.message { result.message += ": \(message)" + (reason.isEmpty ? "" : " (\(reason))") }
    let lasting: Set = [
      "dailyLimitExceeded", "quotaExceeded", "accessNotConfigured", "keyInvalid", "forbidden", "API_KEY_INVALID",
    ]
    let reasons = ((fault?.errors ?? []) + (fault?.details ?? [])).compactMap(\.reason)
    let isDaily = failure.status == 429 && fault?.message?.lowercased().contains("per day") == true
    if isDaily || !lasting.isDisjoint(with: reasons) { result.isLasting = true }
    result.message += "; " + advice
    return result
  }
}
