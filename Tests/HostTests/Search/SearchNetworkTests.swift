import PluginAPI
import SearchIndex
import TestSupport
import Testing

@testable import Host

/// Hosts that the options of a search allow by naming them.
@Suite("Search: network")
struct SearchNetworkTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private static let found = #"{"query": {"search": [{"title": "Oslo", "pageid": 7, "snippet": "a city"}]}}"#

  @Test func `addresses inside mappings, lists and other plugins are found`() throws {
    let fields: [OptionField] = [
      .optional(
        "engines", .list(.mapping([.optional("url", .url, help: ""), .optional("note", .string, help: "")])), help: ""),
      .optional("rank", .plugin(.encoder, with: [.optional("mirror", .url, help: "")]), help: ""),
    ]
    let node = try parsedYAML(
      """
      engines: [{url: "http://a.example/x"}, {note: "http://no.example"}, {url: "https://b.example:8443"}]
      rank: {plugin: p, mirror: "http://c.example", options: {server: "http://d.example"}}
      """)
    #expect(node.webAddresses(fields).map(\.host) == ["a.example", "b.example", "c.example", "d.example"])
    #expect(node.webAddresses(fields).map(\.port) == [80, 8443, 80, 80])
  }

  /// The server on this machine may be asked because the options name it.
  @Test func `a query asks the server that its options name`() throws {
    let server = try LoopbackServer { _, connection in connection.answer(Self.found) }
    defer { server.stop() }
    try lab.write(
      "providers: [{provider: mediawiki, url: \"http://127.0.0.1:\(server.port)/api.php\"}]\nrankBy: engine\n",
      to: "options.yaml")
    let answer = try lab.calm("search", "--options", lab.path("options.yaml"), "Oslo")
    #expect(answer.code == 0 && answer.output.contains("a city"), "\(answer.errors)")
    #expect(server.requests.count == 1)
  }

  @Test func `engines with one well-known address are allowed by the plugin's own options`() throws {
    let beside = Lab.program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let fields = try PluginRegistry(declared: [], folders: [beside]).plugin(id: "search-engine", kind: .augmentor)
      .manifest.options
    let node = try parsedYAML("providers: [mediawiki]\n").filled(with: fields)
    #expect(
      Set(node.webAddresses(fields).map(\.host))
        == ["www.googleapis.com", "api.search.brave.com", "en.wikipedia.org"])
  }

  /// One sentence that a server refuses is no end of the run; nothing is stored for it.
  @Test(.enabled(if: (try? SearchIndex.engineVersion()) != nil, "libCalmXapian.so is not built"))
  func `a server that fails leaves no empty context`() throws {
    let server = try LoopbackServer { request, connection in
      connection.answer(request.path.contains("broken") ? 500 : 200, Self.found)
    }
    defer { server.stop() }
    try lab.write(#"{"id": "a", "text": "Lund is a quiet town"}"# + "\n", to: "towns.jsonl")
    _ = try lab.calm("search", "index", lab.path("towns.jsonl"), "-o", lab.path("index"))
    try lab.write("Lund O\n\nbroken O\n\nelsewhere O\n", to: "few.conll")
    try lab.write(
      """
      extends: experiment.yaml
      data: {dev: few.conll}
      contexts: {store: store.sqlite}
      augmentor:
        plugin: search-engine
        options:
          providers: [{provider: local, index: index}, {provider: mediawiki, url: "http://127.0.0.1:\(server.port)/api.php"}]
          rankBy: engine
      http: {retries: 0}
      """, to: "search.yaml")
    let answer = try lab.calm("augment", lab.path("search.yaml"), "--split", "dev")
    #expect(answer.errors.contains("P335"), "\(answer.output) \(answer.errors)")
    let records = try ContextStore(path: lab.path("store.sqlite")).records()
    #expect(Set(records.map(\.sentence)) == ["Lund", "elsewhere"])
    #expect(records.allSatisfy { !$0.context.text.isEmpty })
  }
}
