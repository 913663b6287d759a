import FoundationEssentials
import PluginAPI

/// An index of OpenSearch or Elasticsearch; many queries go in one request.
struct OpenSearchProvider: SearchProvider {
  let name = "opensearch"
  let fingerprint: [String: String]
  let concurrency: Int
  let batch = 100
  private let endpoint: Endpoint
  private let authorization: Secret?
  private let titleField: String, textField: String

  init(_ options: ProviderOptions, _ services: Services) throws {
    let key = try options.key.map(services.secret)
    endpoint = try Endpoint(options.required(options.url, "url"), services, secrets: key.map { [$0] } ?? [])
    let fields = options.fields ?? ["title", "text"]
    guard fields.count == 2 else {
      throw PluginError("provider `opensearch`: `fields` names the title's and the text's field, not \(fields.count)")
    }
    (titleField, textField) = (fields[0], fields[1])
    concurrency = options.concurrency ?? 4
    authorization = key.map { key in
      let value = options.user.map { "Basic " + Data("\($0):\(key.value)".utf8).base64EncodedString() } ?? "ApiKey " + key.value
      return Secret(value, name: key.name)
    }
    fingerprint = ["url": endpoint.url, "fields": fields.joined(separator: ",")]
  }

  private struct Query: Encodable {
    struct Clause: Encodable { var multi_match: Match }
    struct Match: Encodable {
      var query: String, fields: [String]
    }
    var size: Int
    var query: Clause
  }

  private struct Answer: Decodable {
    struct Hits: Decodable { var hits: [Hit] }
    struct Hit: Decodable {
      var _id: String, _score: Double?, _source: [String: Field]?
    }
    struct Fault: Decodable {
      var type: String?, reason: String?
    }
    struct Shards: Decodable { var failed: Int? }
    var hits: Hits?
    var error: Fault?
    var status: Int?
    var timed_out: Bool?
    var _shards: Shards?
  }

  private struct Answers: Decodable { var responses: [Answer] }

  /// A field of a document; only texts, numbers and lists of them matter here.
  private struct Field: Decodable {
    var text: String

    init(from decoder: any Swift.Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let string = try? value.decode(String.self) {
        text = string
      } else if let whole = try? value.decode(Int.self) {
        text = "\(whole)"
      } else if let number = try? value.decode(Double.self) {
        text = "\(number)"
      } else {
        let items = (try? value.decode([Field].self)) ?? []
        text = items.map(\.text).filter { !$0.isEmpty }.joined(separator: " ")
      }
    }
  }

  func search(_ queries: [String], limit: Int) async throws -> [Result<[SearchHit], SearchFailure>] {
    let encoder = JSONEncoder()
    let bodies = try queries.map { text in
      // A match query takes any text; documents need only some of its words.
      try encoder.encode(
        Query(size: limit, query: .init(multi_match: .init(query: text, fields: [titleField, textField]))))
    }
    if queries.count == 1 { return [result(try await send("/_search", "application/json", Array(bodies[0]), Answer.self))] }
    let lines: [UInt8] = bodies.reduce(into: []) { $0 += Array("{}\n".utf8) + Array($1) + [0x0A] }
    let answers = try await send("/_msearch", "application/x-ndjson", lines, Answers.self).responses
    guard answers.count == queries.count else {
      throw SearchFailure("\(endpoint.url) answered \(answers.count) of \(queries.count) queries")
    }
    return answers.map(result)
  }

  private func send<Value: Decodable>(
    _ path: String, _ type: String, _ body: [UInt8], _ value: Value.Type
  ) async throws -> Value {
    let headers = [(name: "Content-Type", value: type), (name: "Accept", value: "application/json")]
    return try await endpoint.send(
      HTTPRequest(
        "POST", endpoint.url + path, headers: headers, secrets: authorization.map { [("Authorization", $0)] } ?? [],
        body: body), value)
  }

  private func result(_ answer: Answer) -> Result<[SearchHit], SearchFailure> {
    do { return .success(try hits(answer)) } catch { return .failure(SearchFailure(error)) }
  }

  private func hits(_ answer: Answer) throws -> [SearchHit] {
    if let error = answer.error {
      let reason = endpoint.redacted(error.reason ?? "")
      throw SearchFailure("\(endpoint.url): \(error.type ?? "error \(answer.status ?? 0)"): \(reason)")
    }
    let found = answer.hits?.hits ?? []
    // Of a part of the index, "nothing" is not what the index says.
    if found.isEmpty, answer.timed_out == true || (answer._shards?.failed ?? 0) > 0 {
      let what = answer.timed_out == true ? "it ran out of time" : "\(answer._shards?.failed ?? 0) shards failed"
      throw SearchFailure("\(endpoint.url): nothing is found, but \(what)")
    }
    return found.enumerated().map { i, found in
      let source = found._source ?? [:]
      return hit(
        rank: i + 1, id: found._id, title: plainSnippet(source[titleField]?.text ?? ""),
        text: plainSnippet(source[textField]?.text ?? ""), score: found._score, url: source["url"]?.text ?? "",
        date: source["date"]?.text)
    }
  }
}
