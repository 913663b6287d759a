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
  /// - Parameters:
  ///   - readOnly: leaves the file alone; one that is missing is an error.
  ///   - journal: how commits are made; where nil, as the file system that holds the file needs it.
  init(path: String = ContextStore.defaultPath, readOnly: Bool = false, journal: Journal? = nil) throws {
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
      if readOnly {
        queue = try Self.patiently { try Self.open(path, readOnly: true) }
      } else {
        try Self.refuseForeign(path)
        let journal = journal ?? Journal(holding: path)
        queue = try Self.patiently { try Self.open(path, readOnly: false).keeping(journal) }
        try queue.writeWithoutTransaction { try Schema.prepare($0, path: path) }
      }
      try queue.read { try Schema.check($0, path: path) }
    } catch let error as DatabaseError {
      throw Self.diagnostic(error, path)
    }
  }

  private static func open(_ path: String, readOnly: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(patience)
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Processes that open a new store at once may find it locked for a moment in which SQLite does not wait by itself.
  private static func patiently<Value>(_ work: () throws -> Value) throws -> Value {
    let deadline = ContinuousClock.now + .seconds(patience)
    while true {
      do { return try work() } catch let error as DatabaseError
        where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
      {
        usleep(20_000)
      }
    }
  }

  /// Throws where the file is another program's, before anything is written to it.
  private static func refuseForeign(_ path: String) throws {
    var info = stat()
    guard stat(path, &info) == 0, info.st_size > 0 else { return }
    func look(readOnly: Bool) throws {
      try patiently { try open(path, readOnly: readOnly).read { try Schema.refuseForeign($0, path: path) } }
    }
    do { try look(readOnly: true) } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
      // A commit was cut off: only who may write can take back its half.
      try look(readOnly: false)
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

  /// Throws where a file that holds anything is no store. One without tables may be a store that another process is making.
  static func refuseForeign(_ database: Database, path: String) throws {
    let found = try Int.fetchOne(database, sql: "PRAGMA application_id")
    if found == application { return }
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version")
    let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
    guard found == 0, version == 0, tables == 0 else { throw foreign(path) }
  }

  private static func foreign(_ path: String) -> Diagnostic {
    Diagnostic("S607", "`\(path)` is an SQLite file, but no context store", hint: "name another file")
  }

  static func check(_ database: Database, path: String) throws {
    guard try Int.fetchOne(database, sql: "PRAGMA application_id") == application else { throw foreign(path) }
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
