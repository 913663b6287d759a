import FoundationEssentials
import PluginAPI
import Testing

@testable import SearchEngine

/// What each engine is asked, and what is made of the answers that it gives.
@Suite("Search: providers")
struct ProviderTests {
  @Test func google() async throws {
    let server = FakeServer(
      """
      {"kind": "customsearch#search", "searchInformation": {"totalResults": "2"}, "items": [
        {"title": "Oslo - Wikipedia", "link": "https://en.wikipedia.org/wiki/Oslo", "snippet": "Oslo is the capital\\nof Norway ..."},
        {"title": "Visit &amp; see", "link": "https://visit.example/", "snippet": "A <b>city</b>"}]}
      """)
    let google = try ProviderOptions.open(#"{"provider": "google", "engine": "cx1", "language": "en"}"#, server)
    let hits = try await google.hits("\"Oslo\" -now")
    #expect(hits.map(\.rank) == [1, 2] && hits.map(\.provider) == ["google", "google"])
    #expect(hits[0].url == "https://en.wikipedia.org/wiki/Oslo" && hits[0].text == "Oslo is the capital of Norway")
    #expect(hits[1].title == "Visit & see" && hits[1].text == "A city")
    #expect(server.field("q") == "Oslo now" && server.field("cx") == "cx1" && server.field("lr") == "lang_en")
    let request = try #require(server.requests.last)
    #expect(request.secretQuery.map(\.name) == ["key"] && !request.url.contains("the key"))
  }

  /// `items` is not there where nothing is found.
  @Test func googleFindsNothing() async throws {
    let google = try ProviderOptions.open(
      #"{"provider": "google", "engine": "cx1"}"#, FakeServer(#"{"searchInformation": {"totalResults": "0"}}"#))
    #expect(try await google.hits("xyzzy").isEmpty)
  }

  @Test(arguments: [("dailyLimitExceeded", true), ("accessNotConfigured", true), ("backendError", false)])
  func googleRefuses(reason: String, isLasting: Bool) async throws {
    let server = FakeServer { _ in
      throw HTTPFailure(
        .status, "googleapis.com answered 500", status: 500,
        body: #"{"error": {"code": 500, "message": "Not for you", "errors": [{"reason": "\#(reason)"}]}}"#)
    }
    let google = try ProviderOptions.open(#"{"provider": "google", "engine": "cx1"}"#, server)
    let failure = await #expect(throws: SearchFailure.self) { try await google.hits("Oslo") }
    #expect(failure?.isLasting == isLasting)
    for part in ["Not for you", reason, "closed to new customers", "1 January 2027", "brave", "local index"] {
      #expect(failure?.message.contains(part) == true, "\(part)")
    }
  }

  /// What Google answers today: the day's quota like that of a minute, and a bad key as a bad request.
  @Test(arguments: [
    (429, "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service", "rateLimitExceeded", "", true),
    (429, "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'", "rateLimitExceeded", "", false),
    (400, "API key not valid. Please pass a valid API key.", "badRequest", "API_KEY_INVALID", true),
    (400, "Request contains an invalid argument.", "badRequest", "", false),
  ])
  func googleToday(status: Int, message: String, reason: String, detail: String, isLasting: Bool) async throws {
    let details = detail.isEmpty ? #"{"@type": "help"}"# : #"{"@type": "info", "reason": "\#(detail)"}"#
    let body =
      #"{"error": {"code": \#(status), "message": "\#(message)", "errors": [{"reason": "\#(reason)"}], "details": [\#(details)]}}"#
    let server = FakeServer { _ in throw HTTPFailure(.status, "g answered \(status)", status: status, body: body) }
    let google = try ProviderOptions.open(#"{"provider": "google", "engine": "cx1"}"#, server)
    let failure = await #expect(throws: SearchFailure.self) { try await google.hits("Oslo") }
    #expect(failure?.isLasting == isLasting)
  }

  @Test func googleAsksForFurtherPages() async throws {
    let items = (0..<10).map { #"{"title": "t\#($0)", "link": "http://x/\#($0)", "snippet": "s"}"# }.joined(separator: ",")
    let server = FakeServer(#"{"items": [\#(items)]}"#)
    let google = try ProviderOptions.open(#"{"provider": "google", "engine": "cx1", "pages": 3}"#, server)
    #expect(try await google.hits("Oslo", limit: 15).count == 15)
    #expect(server.requests.count == 2 && server.field("start") == "11")
  }

  @Test func brave() async throws {
    let server = FakeServer(
      """
      {"type": "search", "web": {"results": [{"title": "Oslo", "url": "https://a/", "page_age": "2024-05-01T00:00:00",
        "description": "The <strong>city</strong> &#x27;Oslo&#x27;", "extra_snippets": ["More of it."]}]}}
      """)
    let brave = try ProviderOptions.open(#"{"provider": "brave"}"#, server)
    let hits = try await brave.hits("Oslo site:x")
    #expect(hits.map(\.text) == ["The city 'Oslo' More of it."] && hits[0].date == "2024-05-01T00:00:00")
    #expect(server.field("q") == "Oslo site x")
    #expect(server.requests.last?.secrets.map(\.name) == ["X-Subscription-Token"])
    let none = try ProviderOptions.open(#"{"provider": "brave"}"#, FakeServer(#"{"type": "search"}"#))
    #expect(try await none.hits("Oslo").isEmpty)
  }

  @Test func searxng() async throws {
    let server = FakeServer(
      """
      {"query": "Oslo", "results": [{"url": "https://a/", "title": "Oslo", "content": "A city", "engine": "bing", "score": 1.5,
        "publishedDate": null}], "answers": [], "unresponsive_engines": [["google", "CAPTCHA"]]}
      """)
    let searxng = try ProviderOptions.open(#"{"provider": "searxng", "url": "http://localhost:8888/"}"#, server)
    let hits = try await searxng.hits("!!g Oslo")
    #expect(hits.map(\.title) == ["Oslo"] && hits[0].score == 1.5)
    #expect(server.field("q") == "g Oslo" && server.field("format") == "json")
    #expect(server.requests.last?.url.hasPrefix("http://localhost:8888/search?") == true)
  }

  @Test func searxngWithEnginesDownIsNoAnswer() async throws {
    let down = #"{"results": [], "unresponsive_engines": [["google", "CAPTCHA"], ["brave", "timeout"]]}"#
    let searxng = try ProviderOptions.open(#"{"provider": "searxng", "url": "http://s"}"#, FakeServer(down))
    let failure = await #expect(throws: SearchFailure.self) { try await searxng.hits("Oslo") }
    #expect(failure?.message.contains("google: CAPTCHA, brave: timeout") == true)
    let none = try ProviderOptions.open(
      #"{"provider": "searxng", "url": "http://s"}"#, FakeServer(#"{"results": [], "unresponsive_engines": []}"#))
    #expect(try await none.hits("Oslo").isEmpty)
  }

  @Test func searxngWithoutJSON() async throws {
    let server = FakeServer { _ in throw HTTPFailure(.status, "http://s answered 403", status: 403, body: "<html>") }
    let searxng = try ProviderOptions.open(#"{"provider": "searxng", "url": "http://s"}"#, server)
    let failure = await #expect(throws: SearchFailure.self) { try await searxng.hits("Oslo") }
    #expect(failure?.message.contains("search.formats") == true && failure?.isLasting == true)
  }

  @Test func mediawiki() async throws {
    let server = FakeServer(
      """
      {"batchcomplete": true, "query": {"searchinfo": {"totalhits": 2}, "search": [{"ns": 0, "title": "Oslo", "pageid": 22309,
        "size": 1, "wordcount": 1, "timestamp": "2026-01-02T03:04:05Z",
        "snippet": "<span class=\\"searchmatch\\">Oslo</span> is the capital &amp; largest city"}]}}
      """)
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki"}"#, server)
    let hits = try await wiki.hits("intitle:Oslo -Bergen")
    #expect(hits.map(\.id) == ["22309"] && hits[0].text == "Oslo is the capital & largest city")
    #expect(hits[0].url == "https://en.wikipedia.org/w/index.php?curid=22309" && hits[0].date == "2026-01-02T03:04:05Z")
    #expect(server.field("srsearch") == "intitle OR Oslo OR Bergen" && server.field("maxlag") == "5")
    #expect(server.requests.last?.headers.contains { $0.name == "User-Agent" && $0.value.contains("calm") } == true)
  }

  @Test func mediawikiExtracts() async throws {
    let server = FakeServer { request in
      request.url.contains("prop=extracts")
        ? #"{"query": {"pages": [{"pageid": 7, "title": "B", "extract": "All about B."}]}}"#
        : #"{"query": {"search": [{"title": "A", "pageid": 9, "snippet": "a"}, {"title": "B", "pageid": 7, "snippet": "b"}]}}"#
    }
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki", "text": "extract", "match": "all"}"#, server)
    #expect(try await wiki.hits("x y").map(\.text) == ["a", "All about B."])
    #expect(server.requests.count == 2 && server.field("pageids") == "9|7")
  }

  /// Errors come with status 200.
  @Test(arguments: [("maxlag", true), ("ratelimited", true), ("badvalue", false)])
  func mediawikiErrors(code: String, retries: Bool) async throws {
    let body = #"{"error": {"code": "\#(code)", "info": "Waiting for a database"}}"#
    let failure = try #require(
      MediaWikiProvider.failure(
        of: HTTPResponse(status: 200, headers: [("retry-after", "7")], body: Array(body.utf8)), "http://w"))
    #expect(failure.retries == retries && failure.retryAfter == 7 && failure.message.contains("Waiting for a database"))
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki"}"#, FakeServer(body))
    await #expect(throws: SearchFailure.self) { try await wiki.hits("Oslo") }
  }

  /// A wait without end is none.
  @Test(arguments: [("7", 7.0), ("0", 0), ("inf", nil), ("nan", nil), ("-1", nil), ("1e300", nil), ("soon", nil)])
  func mediawikiWaits(header: String, seconds: Double?) throws {
    let body = Array(#"{"error": {"code": "maxlag", "info": ""}}"#.utf8)
    let response = HTTPResponse(status: 200, headers: [("retry-after", header)], body: body)
    #expect(try #require(MediaWikiProvider.failure(of: response, "http://w")).retryAfter == seconds)
  }

  private static let found =
    #"{"hits": {"hits": [{"_id": "d1", "_score": 3.5, "_source": {"name": "T", "body": "B", "n": 4}}]}}"#

  @Test func opensearch() async throws {
    let server = FakeServer(Self.found)
    let search = try ProviderOptions.open(
      #"{"provider": "opensearch", "url": "http://o:9200/pages", "fields": ["name", "body"], "key": "K", "user": "me"}"#, server
    )
    let hits = try await search.hits(#"a "quoted" \ {brace}"#)
    #expect(hits.map(\.id) == ["d1"] && hits[0].title == "T" && hits[0].text == "B" && hits[0].score == 3.5)
    let request = try #require(server.requests.last)
    #expect(request.method == "POST" && request.url == "http://o:9200/pages/_search")
    #expect(request.secrets.first?.value.value == "Basic " + Data("me:the key".utf8).base64EncodedString())
    struct Body: Decodable {
      struct Query: Decodable {
        struct Match: Decodable {
          var query: String, fields: [String]
        }
        var multi_match: Match
      }
      var size: Int, query: Query
    }
    let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
    #expect(body.query.multi_match.query == #"a "quoted" \ {brace}"# && body.query.multi_match.fields == ["name", "body"])
  }

  @Test func opensearchFieldsOfAllKinds() async throws {
    let source = #"{"title": 1984, "text": ["a", "b", 2.5, null, {"c": 1}]}"#
    let search = try ProviderOptions.open(
      #"{"provider": "opensearch", "url": "http://o/pages"}"#,
      FakeServer(#"{"hits": {"hits": [{"_id": "d", "_source": \#(source)}]}}"#))
    let hits = try await search.hits("a")
    #expect(hits.map(\.title) == ["1984"] && hits.map(\.text) == ["a b 2.5"])
  }

  /// A part of the index that finds nothing is not the index.
  @Test(arguments: [#""timed_out": true"#, #""timed_out": false, "_shards": {"total": 5, "failed": 2}"#])
  func opensearchInParts(part: String) async throws {
    let options = #"{"provider": "opensearch", "url": "http://o/pages"}"#
    let none = try ProviderOptions.open(options, FakeServer(#"{\#(part), "hits": {"hits": []}}"#))
    await #expect(throws: SearchFailure.self) { try await none.hits("a") }
    let some = try ProviderOptions.open(options, FakeServer(#"{\#(part), "hits": {"hits": [{"_id": "d"}]}}"#))
    #expect(try await some.hits("a").count == 1)
    let whole = #"{"timed_out": false, "_shards": {"failed": 0}, "hits": {"hits": []}}"#
    #expect(try await ProviderOptions.open(options, FakeServer(whole)).hits("a").isEmpty)
  }

  /// The password goes out in another form; a server that repeats it as it is shows it nowhere.
  @Test func opensearchPasswords() async throws {
    let options = #"{"provider": "opensearch", "url": "http://o/pages", "key": "K", "user": "me"}"#
    let start = String(repeating: "x", count: 76)
    let servers = [
      FakeServer("\(start)the key"), FakeServer(#"{"error": {"type": "e", "reason": "wrong: the key"}}"#),
      FakeServer { _ in throw HTTPFailure(.status, "o answered 401: the key", status: 401, body: "the key") },
    ]
    for server in servers {
      let search = try ProviderOptions.open(options, server)
      let failure = await #expect(throws: (any Error).self) { try await search.hits("Oslo") }
      let message = failure.map { "\($0)" } ?? ""
      #expect(!message.contains("the key") && message.contains("<K"), "\(message)")
    }
  }

  @Test func opensearchBatches() async throws {
    let server = FakeServer(
      #"{"responses": [\#(Self.found), {"error": {"type": "es_rejected_execution_exception", "reason": "full"}, "status": 429}, {"hits": {"hits": []}}]}"#
    )
    let search = try ProviderOptions.open(#"{"provider": "opensearch", "url": "http://o/pages"}"#, server)
    let answers = try await search.search(["a", "b\nc", "d"], limit: 5)
    #expect(try answers[0].get().count == 1 && answers[2].get().isEmpty)
    let failure = #expect(throws: SearchFailure.self) { try answers[1].get() }
    #expect(failure?.message.contains("es_rejected_execution_exception: full") == true)
    let request = try #require(server.requests.last)
    #expect(request.url == "http://o/pages/_msearch" && request.body.last == 0x0A)
    #expect(request.body.count { $0 == 0x0A } == 6)
    #expect(request.headers.contains { $0 == ("Content-Type", "application/x-ndjson") })
  }

  @Test(arguments: [
    (#"{"provider": "google"}"#, "engine"), (#"{"provider": "searxng"}"#, "url"),
    (#"{"provider": "opensearch", "url": "x"}"#, "address"),
    (#"{"provider": "brave", "index": "i"}"#, "reads no `index`"), (#"{"provider": "local"}"#, "index"),
  ])
  func optionsThatDoNotFit(json: String, message: String) throws {
    let error = #expect(throws: PluginError.self) { try ProviderOptions.open(json, FakeServer("")) }
    #expect(error.map { "\($0)".contains(message) } == true)
  }

  @Test func answersThatAreNoJSON() async throws {
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki"}"#, FakeServer("<html>busy</html>"))
    let failure = await #expect(throws: SearchFailure.self) { try await wiki.hits("Oslo") }
    #expect(failure?.message.contains("<html>busy") == true)
  }
}
