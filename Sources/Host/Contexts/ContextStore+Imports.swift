import ContextFiles
import FoundationEssentials
import GRDB
import PluginAPI

/// Contexts of one split that were imported under a name.
struct ImportedContexts: Sendable {
  let source: String
  let split: String
  let contexts: StoredContexts
}

extension ContextStore {
  /// Keeps the contexts of a file under (source, split, index). The same contexts may come again; others of that name are an
  /// error, unless they are to replace them.
  func add(_ contexts: StoredContexts, source: String, split: String, replacing: Bool = false) throws {
    let old = try imports(source: source, split: split).first?.contexts.records
    guard let old else { return try insert(contexts, source, split) }
    if old.map(\.text) == contexts.records.map(\.text) && old.map(\.context) == contexts.records.map(\.context)
      && old.map(\.isMissing) == contexts.records.map(\.isMissing)
    {
      return
    }
    guard replacing else {
      throw Diagnostic(
        "D210", "`\(path)` already holds other contexts of source `\(source)`, split `\(split)`",
        hint: "choose another --source, or say --replace")
    }
    try insert(contexts, source, split)
  }

  private func insert(_ contexts: StoredContexts, _ source: String, _ split: String) throws {
    try write { database in
      try database.execute(sql: "DELETE FROM import WHERE source = ? AND split = ?", arguments: [source.stored, split.stored])
      try database.execute(
        sql: "INSERT INTO import (source, split, prompt, file) VALUES (?, ?, ?, ?)",
        arguments: [source.stored, split.stored, contexts.prompt?.stored, contexts.path.stored])
      let id = database.lastInsertedRowID
      for (position, record) in contexts.records.enumerated() {
        try database.execute(
          sql: "INSERT INTO imported (import, position, sentence, text, line) VALUES (?, ?, ?, ?, ?)",
          arguments: [id, position, record.text.stored, record.isMissing ? nil : record.context.stored, record.line])
      }
    }
  }

  /// What was imported: everything, or what a source or a split has.
  func imports(source: String? = nil, split: String? = nil) throws -> [ImportedContexts] {
    try read { database in
      let heads = try Row.fetchAll(
        database,
        sql: "SELECT * FROM import WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR split = ?2) ORDER BY source, id",
        arguments: [source?.stored, split?.stored])
      return try heads.map { head in
        let id: Int64 = head["id"]
        let rows = try Row.fetchAll(
          database, sql: "SELECT * FROM imported WHERE import = ? ORDER BY position", arguments: [id])
        let records = rows.map { row in
          StoredContext(
            text: row.text("sentence") ?? "", context: row.text("text") ?? "", line: row["line"],
            isMissing: (row["text"] as DatabaseValue).isNull)
        }
        let name = head.text("source") ?? "", part = head.text("split") ?? ""
        return ImportedContexts(
          source: name, split: part,
          contexts: StoredContexts(
            path: head.text("file") ?? "", format: .json, prompt: head.text("prompt"), records: records))
      }
    }
  }
}
