import FoundationEssentials
import PluginAPI

/// `plugins.lock`: the plugins that the experiments of a folder may load, by the digests of their files.
struct PluginLock: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var sha256: String
    var id: String
    var version: String
    /// The library's name without its folder.
    var file: String
  }

  static let fileName = "plugins.lock"

  /// The file that it was read from, or the first of several.
  var path: String
  var entries: [Entry]

  init(path: String, entries: [Entry]) {
    self.path = path
    self.entries = entries
  }

  /// A lock of these plugins.
  init(path: String, plugins: [LoadedPlugin]) {
    self.init(
      path: path,
      entries: plugins.map {
        Entry(sha256: $0.sha256, id: $0.manifest.id, version: $0.manifest.version, file: Self.name($0.path))
      }.sorted { ($0.id, $0.file, $0.sha256) < ($1.id, $1.file, $1.sha256) })
  }

  /// The lock's path in the folder of a file.
  static func path(beside file: String) -> String {
    guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return fileName }
    return file[...slash] + fileName
  }

  /// The lock in the folder of `file`, nil where there is none.
  static func find(beside file: String) throws(Diagnostic) -> PluginLock? {
    let path = path(beside: file)
    return PluginFile.identity(path) == nil ? nil : try PluginLock(path: path)
  }

  init(path: String) throws(Diagnostic) {
    let bytes: [UInt8]
    do throws(Diagnostic) { bytes = try FileBytes.read(path) } catch { throw Diagnostic("P341", error.message) }
    var entries: [Entry] = []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      guard fields.count == 4, first.utf8.count == 64, first.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
        throw Diagnostic(
          "P341", "`\(path)` has a line that is not `sha256 id version file`",
          mark: SourceMark(file: path, line: index + 1, column: 1, length: max(1, line.count)),
          hint: "write it anew by `calm plugin lock`")
      }
      entries.append(Entry(sha256: first, id: fields[1], version: fields[2], file: fields[3]))
    }
    self.init(path: path, entries: entries)
  }

  var text: String {
    "# The plugins that experiments of this folder may load: sha256, id, version, file. Written by `calm plugin lock`.\n"
      + entries.map { "\($0.sha256) \($0.id) \($0.version) \($0.file)\n" }.joined()
  }

  func merged(with other: PluginLock) -> PluginLock {
    PluginLock(path: path, entries: entries + other.entries.filter { !entries.contains($0) })
  }

  /// Throws where a library is none of these.
  func check(_ path: String, sha256: String, allowingUnlisted: Bool) throws(Diagnostic) {
    guard !entries.contains(where: { $0.sha256 == sha256 }) else { return }
    let again = "if it is meant, run `calm plugin lock` for the experiment again"
    if let entry = entries.first(where: { $0.file == Self.name(path) }) {
      throw Diagnostic(
        "P340",
        "plugin `\(path)` is not the file that `\(self.path)` locks: its sha256 is \(sha256), that of `\(entry.id)` "
          + "\(entry.version) is \(entry.sha256)", hint: again)
    }
    guard !allowingUnlisted else { return }
    throw Diagnostic(
      "P340", "plugin `\(path)` is not in `\(self.path)`; its sha256 is \(sha256)",
      hint: again + ", or allow it this once by `--allow-unpinned`")
  }

  /// What is other than in `earlier`, a line each.
  func changes(since earlier: PluginLock) -> [String] {
    func shown(_ entry: Entry) -> String { "\(entry.id) \(entry.version) \(entry.file) \(entry.sha256.prefix(12))…" }
    return earlier.entries.filter { !entries.contains($0) }.map { "- " + shown($0) }
      + entries.filter { !earlier.entries.contains($0) }.map { "+ " + shown($0) }
  }

  private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
