import FoundationEssentials
import SearchIndex
import TestSupport
import Testing

@testable import SearchEngine

/// The index on disk. Where Xapian is not installed there is no library to open.
@Suite("Search: index", .enabled(if: (try? SearchIndex.engineVersion()) != nil, "libCalmXapian.so is not built"))
struct SearchIndexTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private static let documents = [
    Document(id: "oslo", title: "Oslo", text: "Oslo is the capital of Norway."),
    Document(id: "bergen", title: "Bergen", text: "Bergen is a city at the coast of Norway, once its capital."),
    Document(id: "aspirin", title: "", text: "Aspirin relieves headaches and inflammations."),
  ]

  private func build(_ name: String = "index", _ documents: [Document] = documents) throws -> SearchIndex {
    let index = try SearchIndex(path: lab.path(name), mode: .write(language: "english"))
    for document in documents { try index.put(document) }
    try index.commit()
    return index
  }

  private func reader(_ name: String = "index") throws -> SearchIndex { try SearchIndex(path: lab.path(name), mode: .read) }

  @Test func wordsAreFoundByTheirStems() throws {
    _ = try build()
    let index = try reader()
    #expect(try index.search("capitals in Norway", limit: 9).map(\.document.id) == ["oslo", "bergen"])
    #expect(try index.search("inflammation", limit: 9).map(\.document) == [Self.documents[2]])
    #expect(try index.search("NORWAY", limit: 1).count == 1)
    let scores = try index.search("capital Norway Bergen", limit: 9).map(\.score)
    #expect(scores == scores.sorted(by: >) && scores.allSatisfy { $0 > 0 })
  }

  /// What a query parser would take for operators are words like others, or nothing.
  @Test(arguments: [
    "+Norway -Oslo", "Norway AND NOT Oslo", "\"capital Norway\" NEAR Oslo", "title:Oslo Norway*", "(((", "", "the of and",
    "\u{0} Norway", "北京 😂", String(repeating: "Norway ", count: 20000), String(repeating: "x", count: 100_000), "Qoslo",
  ])
  func oddQueries(query: String) throws {
    _ = try build()
    let found = try reader().search(query, limit: 9).map(\.document.id)
    #expect(query.contains("Norway") ? Set(found) == ["oslo", "bergen"] : found.isEmpty)
  }

  @Test func onlyTheRarestTermsAreLookedUp() throws {
    _ = try build()
    let found = try reader().search("Norway capital aspirin", limit: 9, terms: 1)
    #expect(found.map(\.document.id) == ["aspirin"])
  }

  @Test func documentsReplaceThoseOfTheirId() throws {
    let index = try build()
    #expect(try index.put(Self.documents[0]) == .unchanged)
    #expect(try index.put(Document(id: "oslo", title: "Oslo", text: "Christiania")) == .replaced)
    #expect(try index.put(Document(id: "lund", title: "Lund", text: "A town in Sweden")) == .added)
    try index.commit()
    let found = try reader()
    #expect(try found.info().documents == 4)
    #expect(try found.search("capital", limit: 9).map(\.document.id) == ["bergen"])
    #expect(try found.search("Christiania", limit: 9).map(\.document.id) == ["oslo"])
  }

  /// The digest is of the documents, not of their order or history.
  @Test func digest() throws {
    _ = try build()
    _ = try build("reversed", Self.documents.reversed())
    let changed = try build("changed")
    let digest = try reader().info().digest
    #expect(try reader("reversed").info().digest == digest)
    try changed.put(Document(id: "oslo", title: "Oslo", text: "else"))
    try changed.commit()
    #expect(try reader("changed").info().digest != digest)
    try changed.put(Self.documents[0])
    try changed.commit()
    #expect(try reader("changed").info().digest == digest)
  }

  @Test func whatIsNotCommittedIsLost() throws {
    do {
      let index = try build()
      try index.put(Document(id: "new", title: "", text: "Something new"))
    }
    let found = try reader()
    #expect(try found.info().documents == 3 && found.search("something new", limit: 9).isEmpty)
  }

  @Test func whatCannotBeOpenedIsNamed() throws {
    #expect(throws: SearchIndexError.self) { try reader("nowhere") }
    #expect(throws: SearchIndexError.self) { try SearchIndex(path: lab.path("x"), mode: .write(language: "klingon")) }
    let index = try build()
    #expect(throws: SearchIndexError.self) { try index.put(Document(id: "", title: "", text: "x")) }
    #expect(throws: SearchIndexError.self) {
      try index.put(Document(id: String(repeating: "i", count: 201), title: "", text: "x"))
    }
    // One may write at a time.
    #expect(throws: SearchIndexError.self) { try SearchIndex(path: lab.path("index"), mode: .write(language: "english")) }
  }

  @Test func theProviderTellsWhatItsAnswersDependOn() async throws {
    _ = try build()
    let options = #"{"provider": "local", "index": "\#(lab.path("index"))", "terms": 5}"#
    let local = try ProviderOptions.open(options, FakeServer(""))
    let hits = try await local.hits("capital of Norway")
    #expect(hits.map(\.id) == ["oslo", "bergen"] && hits.map(\.rank) == [1, 2] && hits[0].provider == "local")
    #expect(local.fingerprint["index"]?.count == 32 && local.fingerprint["terms"] == "5")
  }
}
