import FoundationEssentials
import Glibc
import PluginAPI

/// Plugins that ended a program while it opened them, by the digests of their files: a file each in a folder.
///
/// The file is there while the plugin is opened, and locked by the process that opens it. One that stays behind without a lock is
/// a plugin whose process did not come to the end of it.
struct Quarantine: Sendable {
  struct Entry: Sendable, Equatable {
    let sha256: String
    /// What the plugin's file was called, and when.
    let note: String
  }

  let folder: String

  static var standard: Quarantine { Quarantine(folder: defaultCacheFolder() + "/quarantine") }

  /// Throws where a file with this digest is in quarantine.
  func check(_ sha256: String, path: String) throws(Diagnostic) {
    guard let note = staleNote(sha256) else { return }
    throw Diagnostic(
      "P342", "plugin `\(path)` is in quarantine: it ended the program that opened it",
      hint: "calm plugin release \(sha256.prefix(12))",
      notes: ["it was \(note)", "`calm plugin validate \(path)` opens it in a process of its own and says what happens"])
  }

  /// Runs `body`, which opens the plugin.
  func watching<Result>(
    _ sha256: String, path: String, _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    guard let marker = Marker(folder: folder, sha256: sha256, path: path) else { return try body() }
    defer { marker.remove() }
    return try body()
  }

  /// What is in quarantine.
  var entries: [Entry] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .filter { $0.utf8.count == 64 }.compactMap { name in staleNote(name).map { Entry(sha256: name, note: $0) } }
  }

  /// Lets plugins out.
  /// - Parameter reference: the beginning of a digest, or a plugin's file.
  func release(_ reference: String) throws(Diagnostic) -> [Entry] {
    let digest = (try? Digest.sha256(ofFile: reference)) ?? reference.lowercased()
    let found = entries.filter { $0.sha256.hasPrefix(digest) }
    guard digest.count >= 8, !found.isEmpty else {
      throw Diagnostic(
        "P342", "nothing in quarantine is `\(reference)`",
        hint: "give a plugin's file, or at least 8 digits of its sha256",
        notes: entries.map { "in quarantine: \($0.sha256.prefix(12))… \($0.note)" })
    }
    for entry in found where unlink(folder + "/" + entry.sha256) != 0 {
      throw Diagnostic("S601", "cannot remove `\(folder)/\(entry.sha256)`: \(systemMessage())")
    }
    return found
  }

  /// What a file that no living process holds says; nil where there is none.
  private func staleNote(_ sha256: String) -> String? {
    let file = open(folder + "/" + sha256, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
  }
}

/// The file of a plugin that is being opened.
private struct Marker {
  private let path: String
  private let file: Int32

  /// Nil where it cannot be made: plugins are opened without it then.
  init?(folder: String, sha256: String, path plugin: String) {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = folder + "/" + sha256
    // It appears under its name when it is locked, so that nobody takes it for one that was left behind.
    let temporary = "\(path).\(getpid())"
    file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return nil }
    let note = Array("opened as \(plugin) at \(Date.now.formatted(.iso8601))\n".utf8)
    guard write(file, note, note.count) == note.count, flock(file, LOCK_SH | LOCK_NB) == 0, rename(temporary, path) == 0 else {
      unlink(temporary)
      close(file)
      return nil
    }
    // Ctrl-C is no crash.
    SignalledFile.watch(path)
  }

  func remove() {
    SignalledFile.leave()
    unlink(path)
    close(file)
  }
}

/// A file that a signal which ends this process takes with it. One at a time: plugins are opened one after the other.
private enum SignalledFile {
  /// In the C library's memory: a signal may come at any time.
  nonisolated(unsafe) private static var path: UnsafeMutablePointer<CChar>?
  /// The signals that nothing else handles.
  nonisolated(unsafe) private static var watched: [Int32] = []

  static func watch(_ file: String) {
    path = strdup(file)
    watched = [SIGINT, SIGTERM, SIGHUP].filter(isDefault)
    for number in watched {
      _ = signal(number) { number in
        if let path = SignalledFile.path { unlink(path) }
        _ = signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  static func leave() {
    for number in watched { _ = signal(number, SIG_DFL) }
    watched = []
    free(path)
    path = nil
  }

  private static func isDefault(_ number: Int32) -> Bool {
    var action = sigaction()
    return sigaction(number, nil, &action) == 0 && action.__sigaction_handler.sa_handler == nil
  }
}
