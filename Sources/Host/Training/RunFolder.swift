import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Makes a folder and those above it where they are missing.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    var isFolder = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    throw Diagnostic(
      "S601", "the folder \(path) cannot be made: \(exists && !isFolder ? "a file has its name" : systemMessage())")
  }
}

/// A run's folder and its files. Everything is written whole or not at all: to a temporary name, synced, renamed.
final class RunFolder: Sendable {
  let path: String
  private let lock: Int32

  /// Opens or makes the folder and takes its lock, so that two processes do not write the same run.
  init(path: String) throws {
    self.path = path
    try Host.makeFolder(path)
    lock = open(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else { throw Diagnostic("S601", "the run folder \(path) cannot be written: \(systemMessage())") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw Diagnostic(
        "S603", "another process is writing the run folder \(path)", hint: "wait for it, or choose another folder with --out")
    }
  }

  deinit { close(lock) }

  func file(_ name: String) -> String { path + "/" + name }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func makeFolder(_ name: String) throws { try Host.makeFolder(file(name)) }

  /// Writes `text` to `name`, atomically and durably.
  func write(_ text: String, to name: String) throws { try FileBytes.write(text, to: file(name)) }

  /// Writes an `Encodable` as sorted, indented JSON.
  func write(json value: some Encodable, to name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(String(decoding: encoder.encode(value), as: UTF8.self) + "\n", to: name)
  }

  /// Appends a line to `name`; the file may be cut back on resumption, so it need not be synced.
  func append(_ line: String, to name: String) throws {
    try FileBytes.append(line + "\n", to: file(name))
  }

  /// Cuts `name` back to `length` bytes: what was written after the checkpoint that a run resumes from.
  func cut(_ name: String, to length: Int) {
    if let size = size(of: name), size > length { truncate(file(name), length) }
  }

  func size(of name: String) -> Int? {
    var status = stat()
    return stat(file(name), &status) == 0 ? Int(status.st_size) : nil
  }

  /// Syncs what the folder `name` lists, after a rename in it.
  func sync(_ name: String = "") { FileBytes.syncFolder(name.isEmpty ? path : file(name)) }
}

/// What the last system call said.
func systemMessage() -> String { String(cString: strerror(errno)) }
