import CLinux
import FoundationEssentials
import GRDB

extension ContextStore {
  /// How SQLite makes a commit that outlives a crash.
  enum Journal: String, Sendable {
    /// A log beside the file: readers and the writer do not wait for each other. Its index is memory that processes share, so
    /// all of them must be on one machine.
    case wal
    /// The old pages beside the file until the commit is done. It needs file locks alone, which network file systems have.
    case delete

    /// Magic numbers of file systems that several machines may write.
    private static let shared: Set<UInt32> = [
      0x6969,  // NFS
      0x517B, 0xFF53_4D42, 0xFE53_4D42,  // SMB
      0x0BD0_0BD0,  // Lustre
      0x4750_4653,  // GPFS
      0x6573_5546,  // FUSE
      0x00C3_6400,  // Ceph
      0x5346_414F,  // AFS
      0x1983_0326,  // BeeGFS
      0x0102_1997,  // 9p
    ]

    /// What a file system needs, by the `f_type` of `statfs`.
    init(fileSystem: UInt32) { self = Self.shared.contains(fileSystem) ? .delete : .wal }

    /// What the file system needs that holds, or would hold, a file.
    init(holding path: String) {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      // A link may lead to a file on another file system.
      let place = FileManager.default.fileExists(atPath: path) ? path : folder
      self.init(fileSystem: calm_file_system(place))
    }
  }
}

extension DatabaseQueue {
  /// The queue with commits made this way. A store that keeps the old pages goes on so also where this machine could do
  /// otherwise: it may be the one whose disk the others see over the network.
  func keeping(_ journal: ContextStore.Journal) throws -> DatabaseQueue {
    try inDatabase { database in
      let isMade = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0 > 0
      let keeps = try isMade && String.fetchOne(database, sql: "PRAGMA journal_mode") == ContextStore.Journal.delete.rawValue
      let journal = keeps ? .delete : journal
      let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = \(journal.rawValue)")
      guard mode == journal.rawValue else {
        throw DatabaseError(message: "its journal stays \(mode ?? "unknown") where it should be \(journal.rawValue)")
      }
      // An answer may have taken minutes: a commit waits until it is on the disk.
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    return self
  }
}
