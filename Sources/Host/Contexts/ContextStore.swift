import FoundationEssentials
import GRDB
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Contexts that were generated, by what they were generated from, and contexts that were imported, by their place.
///
/// One SQLite file that any number of runs share, also at the same time. What a call has written is on the disk when it returns.
final class ContextStore: Sendable {
  let path: String
  private let queue: DatabaseQueue

  /// `$CALM_CACHE/contexts.sqlite`.
  static var defaultPath: String { defaultCacheFolder() + "/contexts.sqlite" }

  /// How long a writer waits for another process.
  private static let patience = 60.0

  /// Opens the store, and makes it where it is missing.
  ///
  /// - Parameter readOnly: leaves the file alone; one that is missing is an error.
  init(path: String = ContextStore.defaultPath, readOnly: Bool = false) throws {
    self.path = path
    if readOnly {
      guard FileManager.default.fileExists(atPath: path) else {
        throw Diagnostic("S606", "there is no context store `\(path)`", hint: "`calm augment` makes and fills one")
      }
    } else {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw Diagnostic("S606", "the folder of the context store `\(path)` cannot be made", hint: Self.elsewhere)
      }
    }
    do {
      queue = try Self.open(path, readOnly: readOnly)
      if !readOnly { try queue.writeWithoutTransaction { try Schema.prepare($0, path: path) } }
      try queue.read { try Schema.check($0, path: path) }
    } catch let error as DatabaseError {
      throw Self.diagnostic(error, path)
    }
  }

  /// Processes that open a new store at once may find it locked for a moment in which SQLite does not wait by itself.
  private static func open(_ path: String, readOnly: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(patience)
    configuration.journalMode = .wal
    let deadline = ContinuousClock.now + .seconds(patience)
    while true {
      do {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // An answer may have taken minutes: a commit waits until it is on the disk.
        if !readOnly { try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") } }
        return queue
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline {
        usleep(20_000)
      }
    }
  }

  func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
    do { return try queue.read(work) } catch let error as DatabaseError { throw Self.diagnostic(error, path) }
  }

  /// All of `work` in one durable commit, or nothing of it.
  func write<Value>(_ work: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.writeWithoutTransaction { database in
        var value: Value?
        try database.inTransaction(.immediate) {
          value = try work(database)
          return .commit
        }
        // The transaction has run: the value is there.
        guard let value else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
        return value
      }
    } catch let error as DatabaseError { throw Self.diagnostic(error, path) }
  }

  private static let elsewhere = "another place for it: `contexts: {store: PATH}`, or the environment variable CALM_CACHE"

  /// SQLite's result codes as faults of ours.
  private static func diagnostic(_ error: DatabaseError, _ path: String) -> Diagnostic {
    let reason = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return Diagnostic(
        "S607", "the context store `\(path)` is damaged, or no context store: \(reason)",
        hint: "name another store, or move the file away; `sqlite3 FILE .recover` can often save its records")
    case .SQLITE_FULL:
      return Diagnostic(
        "S606", "the context store `\(path)` cannot grow: \(reason)",
        hint: "make room; every answer that was stored before is kept, and the same command goes on")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return Diagnostic(
        "S606", "the context store `\(path)` has been locked by another process for \(Int(patience)) seconds",
        hint: "wait for that process, or end it")
    default: return Diagnostic("S606", "the context store `\(path)` cannot be used: \(reason)", hint: elsewhere)
    }
  }
}

/// The store's tables.
private enum Schema {
  static let version = 1
  /// `CALM`: tells a store from other SQLite files.
  static let application = 0x43_41_4C_4D

  static let tables = """
    CREATE TABLE generator (
      id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, plugin TEXT NOT NULL, version TEXT NOT NULL,
      fingerprint TEXT NOT NULL, seed INTEGER NOT NULL, prompt TEXT
    );
    CREATE TABLE answer (
      key TEXT PRIMARY KEY, generator INTEGER NOT NULL REFERENCES generator (id), sentence TEXT NOT NULL,
      text TEXT NOT NULL, class TEXT NOT NULL, finish TEXT NOT NULL, source TEXT NOT NULL, promptTokens INTEGER,
      tokens INTEGER, milliseconds INTEGER, details TEXT NOT NULL,
      created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    );
    CREATE INDEX answerGenerator ON answer (generator);
    CREATE INDEX answerSentence ON answer (sentence);
    CREATE TABLE import (
      id INTEGER PRIMARY KEY, source TEXT NOT NULL, split TEXT NOT NULL, prompt TEXT, file TEXT NOT NULL,
      created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), UNIQUE (source, split)
    );
    CREATE TABLE imported (
      import INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE, position INTEGER NOT NULL, sentence TEXT NOT NULL,
      text TEXT, line INTEGER NOT NULL, PRIMARY KEY (import, position)
    ) WITHOUT ROWID;
    PRAGMA application_id = \(application);
    PRAGMA user_version = \(version);
    """

  /// Makes the tables in a file that has none.
  static func prepare(_ database: Database, path: String) throws {
    // A look without a lock first: most stores are there.
    if try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 > 0 { return }
    try database.inTransaction(.immediate) {
      let isNew = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
      if isNew { try database.execute(sql: tables) }
      return .commit
    }
  }

  static func check(_ database: Database, path: String) throws {
    guard try Int.fetchOne(database, sql: "PRAGMA application_id") == application else {
      throw Diagnostic("S607", "`\(path)` is an SQLite file, but no context store", hint: "name another file")
    }
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard found == version else {
      throw Diagnostic(
        "S608", "the context store `\(path)` has version \(found); this program reads version \(version)",
        hint: "use the newer program, or name another store")
    }
  }
}

extension String {
  /// Text for a column. GRDB ends texts at U+0000, so one that holds it is kept as its bytes.
  var stored: DatabaseValue { utf8.contains(0) ? Data(utf8).databaseValue : databaseValue }
}

extension Row {
  /// A text of a column, whichever way it is kept.
  func text(_ column: String) -> String? { String.fromDatabaseValue(self[column] as DatabaseValue) }
}
