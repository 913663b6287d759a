import Glibc
import PluginAPI

/// Which file it is, whatever its path.
struct FileIdentity: Hashable, Sendable {
  var device: UInt
  var inode: UInt
}

/// A plugin's file, mapped into memory. The mapping keeps the very file that was opened, should another take its name.
struct PluginFile: Sendable {
  /// The absolute path: dlopen would search for a bare name elsewhere.
  let path: String
  let identity: FileIdentity
  /// Changes with every write to the file: device, inode, size, and the times of the last write and the last change.
  let version: String
  /// When it was last changed, in seconds since 1970.
  let changed: Int
  private let mapped: MappedFile

  init(path: String) throws(Diagnostic) {
    self.path = absolutePath(path)
    let status = try Self.status(self.path)
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw Self.unreadable(self.path, "it is a directory")
    default: throw Self.unreadable(self.path, "it is not a regular file")
    }
    identity = FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    changed = status.st_ctim.tv_sec
    let times = [status.st_mtim, status.st_ctim].map { "\($0.tv_sec).\($0.tv_nsec)" }
    version = "\(identity.device)-\(identity.inode)-\(status.st_size)-\(times[0])-\(times[1])"
    do { mapped = try MappedFile(path: self.path) } catch {
      throw Self.unreadable(self.path, (error as? WeightsError)?.message ?? "\(error)")
    }
  }

  /// Runs `body` on the file's contents.
  func withElf<Result>(_ body: (ElfFile) throws(Diagnostic) -> Result) throws(Diagnostic) -> Result {
    defer { withExtendedLifetime(mapped) {} }
    return try body(ElfFile(path: path, bytes: mapped.bytes))
  }

  func sha256() -> String {
    defer { withExtendedLifetime(mapped) {} }
    return Digest.sha256(of: mapped.bytes)
  }

  /// The identity of the file at `path`, nil where there is none.
  static func identity(_ path: String) -> FileIdentity? {
    guard let status = try? status(path) else { return nil }
    return FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
  }

  private static func status(_ path: String) throws(Diagnostic) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { throw Diagnostic("P301", "there is no plugin file `\(path)`") }
      throw unreadable(path, String(cString: strerror(errno)))
    }
    return status
  }

  private static func unreadable(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic("P301", "cannot read the plugin file `\(path)`: \(reason)")
  }
}
