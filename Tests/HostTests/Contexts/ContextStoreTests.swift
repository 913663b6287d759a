import ContextFiles
import FoundationEssentials
import GRDB
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Context store")
struct ContextStoreTests {
  let lab: Lab
  var path: String { lab.path("store/contexts.sqlite") }
  private let generator = ContextGenerator(
    plugin: "toy", version: "1.0.0", fingerprint: ["model": "m", "topP": "0.9"], seed: 3, prompt: "Tell me.")

  init() throws { lab = try Lab() }

  private func record(_ sentence: String, _ text: String) -> ContextRecord {
    ContextRecord(key: generator.key(sentence), generator: generator, sentence: sentence, context: Context(text: text))
  }

  private func fault(_ work: () throws -> Void) -> Diagnostic? {
    do {
      try work()
      return nil
    } catch { return error as? Diagnostic }
  }

  @Test func everythingOfAnAnswerComesBack() throws {
    // A text may hold anything: U+0000 ends texts in C.
    let context = Context(
      text: "é\u{0}\n 'x' 😀 ", finish: "length", tokens: 9, source: "m.gguf", promptTokens: 4, milliseconds: 12,
      details: ["id": "\"q\""])
    let key = generator.key("a b")
    try ContextStore(path: path).add([ContextRecord(key: key, generator: generator, sentence: "a b", context: context)])
    let store = try ContextStore(path: path)
    #expect(try store.contexts(keys: [key, "other"]) == [key: context])
    let read = try #require(try store.records(sentence: "a b").first)
    #expect(read.generator == generator && read.key == key && read.created.hasSuffix("Z"))
    #expect(try store.records(key: "other").isEmpty)
    // Looked up in parts.
    try store.add((0..<1200).map { record("s\($0)", "t\($0)") })
    #expect(try store.contexts(keys: (0..<1300).map { generator.key("s\($0)") }).count == 1200)
    #expect(try store.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    let journal = ContextStore.Journal(holding: path).rawValue
    #expect(try store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == journal)
  }

  /// Every part of the key changes it, and the stream is the request's alone.
  @Test func keyAndStreamDependOnTheContent() {
    func other(
      plugin: String = "toy", version: String = "1.0.0", fingerprint: [String: String] = ["model": "m", "topP": "0.9"],
      seed: UInt64 = 3, prompt: String? = "Tell me."
    ) -> ContextGenerator {
      ContextGenerator(plugin: plugin, version: version, fingerprint: fingerprint, seed: seed, prompt: prompt)
    }
    let others = [
      other(plugin: "toys"), other(version: "1.0.1"), other(fingerprint: ["model": "m"]), other(seed: 4), other(prompt: nil),
      other(prompt: ""),
    ]
    #expect(Set(others.map { $0.key("a b") } + [generator.key("a b"), generator.key("a  b")]).count == 8)
    #expect(other().key("a b") == generator.key("a b"))
    // Where one field ends and the next begins counts.
    #expect(other(plugin: "a", version: "bc").key("") != other(plugin: "ab", version: "c").key(""))
    #expect(other(version: "2", fingerprint: [:]).random("a").key == generator.random("a").key)
    #expect(
      Set([other(seed: 4), other(prompt: nil), generator].map { $0.random("a").key } + [generator.random("b").key]).count == 4)
  }

  @Test func firstAnswerStays() throws {
    let one = try ContextStore(path: path), two = try ContextStore(path: path)
    try one.add([record("a", "first")])
    try two.add([record("a", "second"), record("b", "third")])
    #expect(
      try one.contexts(keys: [generator.key("a"), generator.key("b")]).values.map(\.text).sorted() == ["first", "third"])
  }

  @Test func refusesWhatIsNoStore() throws {
    try lab.write("this is no database, but long enough to look like a file that could be one", to: "text.sqlite")
    #expect(fault { _ = try ContextStore(path: lab.path("text.sqlite")) }?.code == "S607")
    _ = try DatabaseQueue(path: lab.path("other.sqlite")).write { try $0.execute(sql: "CREATE TABLE t (x)") }
    let other = fault { _ = try ContextStore(path: lab.path("other.sqlite")) }
    #expect(other?.code == "S607" && other?.message.contains("other.sqlite") == true)
    #expect(fault { _ = try ContextStore(path: lab.path("none.sqlite"), readOnly: true) }?.code == "S606")
    #expect(fault { _ = try ContextStore(path: lab.config + "/store.sqlite") }?.code == "S606")
    // A folder.
    #expect(fault { _ = try ContextStore(path: lab.folder) }?.code == "S606")
  }

  @Test func whatIsNoStoreStaysAsItIs() throws {
    for journal in ["delete", "wal"] {
      let name = journal + ".sqlite"
      _ = try DatabaseQueue(path: lab.path(name)).writeWithoutTransaction { database in
        _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = \(journal)")
        try database.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1)")
      }
      let before = try lab.bytes(name)
      #expect(fault { _ = try ContextStore(path: lab.path(name)) }?.code == "S607")
      #expect(try lab.bytes(name) == before, "\(journal)")
    }
    let text = String(repeating: "this is no database ", count: 10)
    try lab.write(text, to: "text.sqlite")
    #expect(fault { _ = try ContextStore(path: lab.path("text.sqlite")) }?.code == "S607")
    #expect(try lab.bytes("text.sqlite") == Data(text.utf8))
    // A file that nothing was written to yet becomes a store.
    try lab.write("", to: "empty.sqlite")
    try ContextStore(path: lab.path("empty.sqlite")).add([record("a", "b")])
    #expect(try ContextStore(path: lab.path("empty.sqlite")).records().count == 1)
  }

  @Test func journalIsTheFileSystems() throws {
    for several: UInt32 in [0x6969, 0xFF53_4D42, 0x0BD0_0BD0, 0x4750_4653, 0x6573_5546, 0x1983_0326] {
      #expect(ContextStore.Journal(fileSystem: several) == .delete)
    }
    // ext4, XFS, tmpfs, btrfs, overlay, and one that cannot be told.
    for one: UInt32 in [0xEF53, 0x5846_5342, 0x0102_1994, 0x9123_683E, 0x794C_7630, 0] {
      #expect(ContextStore.Journal(fileSystem: one) == .wal)
    }
    func mode(_ store: ContextStore) throws -> String? {
      try store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
    }
    do {
      let one = try ContextStore(path: path, journal: .delete), two = try ContextStore(path: path, journal: .delete)
      try one.add([record("a", "first")])
      try two.add([record("a", "second"), record("b", "third")])
      let texts = try one.contexts(keys: [generator.key("a"), generator.key("b")]).values.map(\.text)
      #expect(texts.sorted() == ["first", "third"])
      #expect(try mode(one) == "delete")
      #expect(try one.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    }
    // Machines that see it over the network may have it open: who has it on a disk of his own leaves it as it is.
    let own = try ContextStore(path: path, journal: .wal)
    #expect(try mode(own) == "delete" && own.records().count == 2)
    // A store that comes to such a file system follows it.
    let moved = lab.path("moved.sqlite")
    for (journal, expected) in [(ContextStore.Journal.wal, "wal"), (.wal, "wal"), (.delete, "delete"), (.wal, "delete")] {
      #expect(try mode(ContextStore(path: moved, journal: journal)) == expected)
    }
    #expect(try ContextStore(path: path, readOnly: true).records().count == 2)
  }

  @Test func refusesNewerAndDamagedStores() throws {
    try ContextStore(path: path).add((0..<200).map { record("s\($0)", String(repeating: "x", count: 400)) })
    _ = try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    let url = URL(fileURLWithPath: path)
    let whole = try Data(contentsOf: url)
    try whole.prefix(whole.count / 2).write(to: url)
    let cut = fault { _ = try ContextStore(path: path).records() }
    #expect(cut?.code == "S607", "\(String(describing: cut))")
    try whole.write(to: url)
    #expect(try ContextStore(path: path).records().count == 200)
    _ = try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
    let newer = fault { _ = try ContextStore(path: path) }
    #expect(newer?.code == "S608" && newer?.message.contains("99") == true)
  }

  @Test func importedContextsKeepTheirPlaces() throws {
    let store = try ContextStore(path: path)
    let contexts = StoredContexts(
      path: "f.json", format: .json, prompt: "p",
      records: [
        StoredContext(text: "same", context: "one", line: 1), StoredContext(text: "same", context: "two", line: 2),
        StoredContext(text: "c", context: "", line: 3), StoredContext(text: "d", context: "", line: 4, isMissing: true),
      ])
    try store.add(contexts, source: "google", split: "train")
    try store.add(contexts, source: "google", split: "train")
    #expect(try store.imports().map(\.contexts) == [contexts])
    var others = contexts
    others.records[0].context = "other"
    #expect(fault { try store.add(others, source: "google", split: "train") }?.code == "D210")
    try store.add(others, source: "google", split: "train", replacing: true)
    try store.add(contexts, source: "google", split: "dev")
    #expect(try store.imports(source: "google", split: "train").map(\.contexts) == [others])
    #expect(try store.imports(source: "google").count == 2)
    #expect(try store.imports(source: "bing").isEmpty)
  }
}
