import FoundationEssentials
import Glibc
import PluginAPI
import SearchIndex
import TestSupport
import Testing

@testable import Host

@Suite("Search commands", .enabled(if: (try? SearchIndex.engineVersion()) != nil, "libCalmXapian.so is not built"))
struct SearchCommandTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private func calm(_ arguments: String...) throws -> (code: Int32, output: String, errors: String) {
    let result = try ChildProcess.run([Lab.program] + arguments, timeout: .seconds(60), capacity: 1 << 20)
    guard case .exited(let code) = result.outcome else { return (-1, "", "") }
    return (code, String(decoding: result.output, as: UTF8.self), String(decoding: result.errors, as: UTF8.self))
  }

  private func reader() throws -> SearchIndex { try SearchIndex(path: lab.path("index"), mode: .read) }

  @Test func filesOfAllKinds() throws {
    try lab.write(
      #"{"id": "a", "title": "Oslo", "text": "A city"}"# + "\n\n" + #"{"id": 7, "text": "Tea"}"# + "\n", to: "a.jsonl")
    try lab.write("first line\n\nsecond line\n", to: "b.txt")
    try lab.write("Mia B-PER\nwent O\n\nhome O\n", to: "c.conll")
    let answer = try calm(
      "search", "index", lab.path("a.jsonl"), lab.path("b.txt"), lab.path("c.conll"), "-o", lab.path("index"))
    #expect(answer.code == 0 && answer.output.contains("6 documents") && answer.output.contains("6 added"))
    let index = try reader()
    for (query, id) in [("Oslo", "a"), ("tea", "7"), ("second", "b.txt:3"), ("Mia", "c.conll:0"), ("home", "c.conll:1")] {
      #expect(try index.search(query, limit: 3).map(\.document.id) == [id])
    }
    let again = try calm("search", "index", lab.path("a.jsonl"), "-o", lab.path("index"), "--format", "json")
    #expect(again.output.contains(#""unchanged" : 2"#) && again.output.contains(#""documents" : 6"#))
  }

  @Test func paragraphs() throws {
    try lab.write("one\ntwo\n\n\nthree\n", to: "p.txt")
    _ = try calm("search", "index", lab.path("p.txt"), "-o", lab.path("index"), "--documents", "paragraphs")
    #expect(try reader().info().documents == 2)
    #expect(try reader().search("two", limit: 3).map(\.document) == [Document(id: "p.txt:1", title: "", text: "one two")])
  }

  @Test func filesOfOneNameKeepTheirDocuments() throws {
    for (folder, text) in [("AA", "tea"), ("AB", "coffee")] {
      try FileManager.default.createDirectory(atPath: lab.path(folder), withIntermediateDirectories: true)
      try lab.write(text + "\n", to: folder + "/wiki_00")
    }
    let answer = try calm(
      "search", "index", lab.path("AA/wiki_00"), lab.path("AB/wiki_00"), "-o", lab.path("index"))
    #expect(answer.output.contains("2 added, 0 replaced"), "\(answer.output)")
    #expect(try reader().search("coffee", limit: 3).map(\.document.id) == ["AB/wiki_00:1"])
  }

  @Test func arraysOfDocuments() throws {
    try lab.write(#"[{"id": "a", "text": "tea"},"# + "\n" + #" {"id": 2, "title": "B", "text": "coffee"}]"#, to: "a.json")
    let answer = try calm("search", "index", lab.path("a.json"), "-o", lab.path("index"))
    #expect(answer.code == 0 && answer.output.contains("2 added"), "\(answer.errors)")
    #expect(try reader().search("coffee", limit: 3).map(\.document.id) == ["2"])
    try lab.write("[1, 2]", to: "b.json")
    let numbers = try calm("search", "index", lab.path("b.json"), "-o", lab.path("index"))
    #expect(numbers.code == 3 && numbers.errors.contains("D211") && numbers.errors.contains("array"))
  }

  @Test func whatIsMissingIsNamed() throws {
    try lab.write(#"{"text": "x"}"# + "\n", to: "a.jsonl")
    let nameless = try calm("search", "index", lab.path("a.jsonl"), "-o", lab.path("index"))
    #expect(nameless.code == 3 && nameless.errors.contains("a.jsonl:1 has no `id`"), "\(nameless.errors)")
    try lab.write(#"{"id": 7}"# + "\n", to: "b.jsonl")
    let empty = try calm("search", "index", lab.path("b.jsonl"), "-o", lab.path("index"))
    #expect(empty.code == 3 && empty.errors.contains("b.jsonl:1 has no `text`"), "\(empty.errors)")
    try lab.write("\n", to: "c.txt")
    let nothing = try calm("search", "index", lab.path("c.txt"), "-o", lab.path("index"))
    #expect(nothing.code == 0 && nothing.errors.contains("no document") && nothing.output.contains("0 added"))
  }

  @Test func faultsAreNamed() throws {
    try lab.write(#"{"id": "a", "text": "x"}"# + "\n{\"id\": \n", to: "a.jsonl")
    let broken = try calm("search", "index", lab.path("a.jsonl"), "-o", lab.path("index"))
    #expect(broken.code == 3 && broken.errors.contains("a.jsonl:2") && broken.errors.contains("D211"))
    let missing = try calm("search", "index", lab.path("none"), "-o", lab.path("index"))
    #expect(missing.code == 3 && missing.errors.contains("none"))
    try lab.write("providers: [{provider: local, index: nowhere}]\nrankBy: engine\n", to: "options.yaml")
    let nowhere = try calm("search", "--options", lab.path("options.yaml"), "tea")
    #expect(nowhere.code == 6 && nowhere.errors.contains("S609") && nowhere.errors.contains("calm search index"))
    try lab.write("providers: [{provider: locl}]\n", to: "options.yaml")
    let misspelt = try calm("search", "--options", lab.path("options.yaml"), "tea")
    #expect(misspelt.code == 2 && misspelt.errors.contains("did you mean `local`?"))
  }

  @Test func queries() throws {
    try lab.write(#"{"id": "a", "title": "Oslo", "text": "Oslo is a city"}"# + "\n", to: "a.jsonl")
    _ = try calm("search", "index", lab.path("a.jsonl"), "-o", lab.path("index"))
    try lab.write("providers: [{provider: local, index: index}]\nrankBy: engine\n", to: "options.yaml")
    let answer = try calm(
      "search", "--plugin", "search-engine", "--options", lab.path("options.yaml"), "cities -Oslo", "--format", "jsonl")
    #expect(answer.code == 0)
    struct Line: Decodable {
      var rank: Int, id: String, title: String, text: String, score: Double
    }
    let line = try JSONDecoder().decode(Line.self, from: Data(answer.output.utf8))
    #expect(line.rank == 1 && line.id == "a" && line.title == "Oslo" && line.text == "Oslo is a city" && line.score > 0)
    let nothing = try calm("search", "--options", lab.path("options.yaml"), "the of and", "--format", "jsonl")
    #expect(nothing.code == 0 && nothing.output.isEmpty)
    try lab.write("cities of Oslo\nnothing\n\nOslo\n", to: "queries.txt")
    let bench = try calm(
      "bench", "search", "--options", lab.path("options.yaml"), lab.path("queries.txt"), "--format", "json")
    let row = try JSONValue.parse(bench.output)
    #expect(row["queries"]?.number == 3 && (row["medianMs"]?.number ?? 0) > 0, "\(bench.errors)")
    #expect(abs((row["hits"]?.number ?? 0) - 2.0 / 3) < 1e-9)
  }

  /// An experiment whose contexts are found in an index and ranked by an encoder plugin that the search plugin asks for.
  @Test func anExperiment() throws {
    try lab.write(
      ["Bergen", "Oslo", "Lund", "Turku"].map { place in
        "{\"id\": \"\(place)\", \"title\": \"\(place)\", \"text\": \"\(place) is a quiet town\"}\n"
      }.joined(), to: "towns.jsonl")
    _ = try calm("search", "index", lab.path("towns.jsonl"), "-o", lab.path("index"))
    try lab.write(
      """
      extends: experiment.yaml
      contexts: {store: store.sqlite}
      augmentor:
        plugin: search-engine
        options:
          providers: [{provider: local, index: index}]
          rank: {plugin: biobert, options: {model: model}, layer: 1}
          keep: 1
      """, to: "search.yaml")
    let answer = try calm("augment", lab.path("search.yaml"), "--split", "dev", "--format", "jsonl")
    #expect(answer.code == 0, "\(answer.errors)")
    struct Line: Decodable {
      var text: String, generated_context: String, source: String
    }
    let lines = try answer.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(lines.count == 12)
    for line in lines { #expect(line.generated_context.hasSuffix(" is a quiet town") && line.source.hasPrefix("local: ")) }
    // Nothing is asked again; another index is another context.
    let again = { try calm("augment", lab.path("search.yaml"), "--split", "dev", "--format", "json").output }
    #expect(try again().contains(#""asked" : 0"#))
    try lab.write("{\"id\": \"Ulm\", \"text\": \"Ulm is a quiet town\"}\n", to: "more.jsonl")
    _ = try calm("search", "index", lab.path("more.jsonl"), "-o", lab.path("index"))
    #expect(try !again().contains(#""asked" : 0"#))
  }

  /// A build that is killed leaves an index that opens, and the same command goes on.
  @Test func aKilledBuildGoesOn() throws {
    let lines = (0..<60_000).map {
      #"{"id": "d\#($0)", "text": "document number\#($0) of the corpus about topic\#($0 % 97)"}"# + "\n"
    }
    try lab.write(lines.joined(), to: "big.jsonl")
    let command = "exec '\(Lab.program)' search index '\(lab.path("big.jsonl"))' -o '\(lab.path("index"))' --quiet"
    try lab.write("providers: [{provider: local, index: index}]\nrankBy: engine\n", to: "options.yaml")
    // Killed once the first commit is on the disk: from then on it can be asked.
    _ = try ChildProcess.run(
      [
        "/bin/bash", "-c",
        """
        (\(command)) & pid=$!
        until '\(Lab.program)' search --options '\(lab.path("options.yaml"))' topic > /dev/null 2>&1; do sleep 0.02; done
        kill -9 $pid; wait $pid
        """,
      ], timeout: .seconds(60), capacity: 1 << 20)
    let kept = try reader().info().documents
    #expect(kept > 0 && kept % IndexBuild.batch == 0)
    let answer = try calm("search", "index", lab.path("big.jsonl"), "-o", lab.path("index"), "--format", "json")
    #expect(answer.code == 0)
    #expect(answer.output.contains(#""unchanged" : \#(kept)"#) && answer.output.contains(#""documents" : 60000"#))
    let whole = try SearchIndex(path: lab.path("whole"), mode: .write(language: "english"))
    _ = try IndexBuild(index: whole, reader: CorpusReader()).run([lab.path("big.jsonl")])
    #expect(try whole.info().digest == reader().info().digest)
  }
}
