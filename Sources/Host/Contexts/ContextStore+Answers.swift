import FoundationEssentials
import GRDB
import PluginAPI

/// A generated context as the store keeps it.
struct ContextRecord: Sendable {
  let key: String
  let generator: ContextGenerator
  let sentence: String
  let context: Context
  /// UTC, ISO 8601.
  var created = ""
}

extension ContextStore {
  /// The contexts that are there, by their keys.
  func contexts(keys: some Collection<String>) throws -> [String: Context] {
    let keys = Array(Set(keys))
    return try read { database in
      var found: [String: Context] = [:]
      for start in stride(from: 0, to: keys.count, by: 500) {
        let part = keys[start..<min(start + 500, keys.count)]
        let places = Array(repeating: "?", count: part.count).joined(separator: ",")
        let rows = try Row.fetchAll(
          database, sql: "SELECT * FROM answer WHERE key IN (\(places))", arguments: StatementArguments(part))
        for row in rows { found[row["key"]] = Self.context(row) }
      }
      return found
    }
  }

  /// Keeps answers, all in one commit. Of two answers to one request the first stays.
  func add(_ records: [ContextRecord]) throws {
    guard !records.isEmpty else { return }
    try write { database in
      var generators: [ContextGenerator: Int64] = [:]
      for record in records {
        let generator = try generators[record.generator] ?? Self.id(of: record.generator, database)
        generators[record.generator] = generator
        let context = record.context
        let values: [(any DatabaseValueConvertible)?] = [
          record.key, generator, record.sentence.stored, context.text.stored,
          ContextClass(encoderText(context.text), failBelow: ContextsSection.standardFailBelow).rawValue, context.finish.stored,
          context.source.stored, context.promptTokens, context.tokens, context.milliseconds,
          try jsonLine(context.details).stored,
        ]
        try database.execute(
          sql: """
            INSERT INTO answer (key, generator, sentence, text, class, finish, source, promptTokens, tokens, milliseconds, details)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """, arguments: StatementArguments(values))
      }
    }
  }

  private static func id(of generator: ContextGenerator, _ database: Database) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO generator (digest, plugin, version, fingerprint, seed, prompt) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (digest) DO NOTHING
        """,
      arguments: [
        generator.digest, generator.plugin, generator.version, generator.fingerprintJSON.stored,
        Int64(bitPattern: generator.seed), generator.prompt?.stored,
      ])
    let id = try Int64.fetchOne(database, sql: "SELECT id FROM generator WHERE digest = ?", arguments: [generator.digest])
    guard let id else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
    return id
  }

  /// All records, or those of a key or a sentence, in the order in which they came.
  func records(key: String? = nil, sentence: String? = nil) throws -> [ContextRecord] {
    let rows = try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT answer.*, generator.plugin, generator.version, generator.fingerprint, generator.seed, generator.prompt
          FROM answer JOIN generator ON generator.id = answer.generator
          WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR sentence = ?2) ORDER BY answer.rowid
          """, arguments: [key, sentence?.stored])
    }
    return rows.map { row in
      let seed: Int64 = row["seed"]
      return ContextRecord(
        key: row["key"],
        generator: ContextGenerator(
          plugin: row["plugin"], version: row["version"], fingerprint: Self.names(row.text("fingerprint")),
          seed: UInt64(bitPattern: seed), prompt: row.text("prompt")), sentence: row.text("sentence") ?? "",
        context: Self.context(row), created: row["created"])
    }
  }

  private static func context(_ row: Row) -> Context {
    Context(
      text: row.text("text") ?? "", finish: row.text("finish") ?? "", tokens: row["tokens"], source: row.text("source") ?? "",
      promptTokens: row["promptTokens"], milliseconds: row["milliseconds"], details: names(row.text("details")))
  }

  private static func names(_ json: String?) -> [String: String] {
    (try? JSONDecoder().decode([String: String].self, from: Data((json ?? "{}").utf8))) ?? [:]
  }
}
