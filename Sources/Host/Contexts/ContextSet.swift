import ContextFiles
import PluginAPI

/// Contexts that belong together, to be counted, shown or exported: a file's, those of one import, or one generator's.
struct ContextSet: Sendable {
  struct Item: Sendable {
    let sentence: String
    /// The text, and what is known of its making; nil where nothing was asked yet.
    let context: Context?
    var key: String?
  }

  /// The file, or what the store knows them by.
  let name: String
  let prompt: String?
  /// Of an import.
  var source: String?, split: String?
  /// By their index, where they have one.
  let items: [Item]
  /// Whether the items are a split's sentences in their order.
  let isOrdered: Bool

  init(_ contexts: StoredContexts, name: String, source: String? = nil, split: String? = nil) {
    self.name = name
    self.source = source
    self.split = split
    prompt = contexts.prompt
    isOrdered = true
    items = contexts.records.map { record in
      let context = Context(text: record.context, finish: "stored", source: "\(contexts.path):\(record.line)")
      return Item(sentence: record.text, context: record.isMissing ? nil : context)
    }
  }

  init(_ generator: ContextGenerator, _ records: [ContextRecord]) {
    name = "\(generator.plugin) \(generator.version), seed \(generator.seed), \(generator.digest.prefix(8))"
    prompt = generator.prompt
    isOrdered = false
    items = records.map { Item(sentence: $0.sentence, context: $0.context, key: $0.key) }
  }

  /// The contexts of a store or of a file that `calm contexts import` reads: the content tells which it is.
  static func read(_ path: String) throws -> [ContextSet] {
    guard isStore(path) else { return [ContextSet(try readContextFile(path), name: path)] }
    return try all(ContextStore(path: path, readOnly: true))
  }

  static func isStore(_ path: String) -> Bool {
    ((try? FileBytes.begin(path, 15)) ?? []).elementsEqual("SQLite format 3".utf8)
  }

  /// A store's imports, then what was generated, a set a generator.
  static func all(_ store: ContextStore) throws -> [ContextSet] {
    let imports = try store.imports().map {
      ContextSet($0.contexts, name: "\($0.source), \($0.split)", source: $0.source, split: $0.split)
    }
    var order: [ContextGenerator] = [], records: [ContextGenerator: [ContextRecord]] = [:]
    for record in try store.records() {
      if records[record.generator] == nil { order.append(record.generator) }
      records[record.generator, default: []].append(record)
    }
    return imports + order.map { ContextSet($0, records[$0] ?? []) }
  }
}
