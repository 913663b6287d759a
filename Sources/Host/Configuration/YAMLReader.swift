import Glibc
import PluginAPI

/// What a YAML file may hold at most: enough for any experiment, too little to exhaust the machine.
enum YAMLLimits {
  static let bytes = 256 * 1024
  static let depth = 32
  /// Keys and values, aliases expanded.
  static let nodes = 10_000
}

/// Reads a YAML file; an empty one is an empty mapping. Throws `Diagnostics` with every fault found.
func readYAML(path: String) throws -> ConfigNode {
  let bytes: [UInt8]
  do {
    bytes = try readSmallFile(path, limit: YAMLLimits.bytes)
  } catch .tooLarge {
    throw Diagnostics([
      Diagnostic(
        "C107", "`\(path)` is larger than \(YAMLLimits.bytes / 1024) KiB",
        notes: ["configuration files are small; is this a data file?"])
    ])
  } catch .unreadable(let reason) {
    throw Diagnostics([Diagnostic("C110", "cannot read `\(path)`: \(reason)")])
  }
  return try parseYAML(bytes, named: path)
}

/// Reads YAML from memory; nothing but white space and comments is an empty mapping.
func parseYAML(_ bytes: some Collection<UInt8>, named name: String) throws -> ConfigNode {
  try YAMLDocument(bytes, named: name).root
    ?? ConfigNode(.map([]), mark: SourceMark(file: name, line: 1, column: 1))
}

/// One YAML text and the tree it holds.
struct YAMLDocument {
  /// The tree; nil where there is nothing but white space and comments.
  let root: ConfigNode?
  /// What follows the last value, white space trimmed: a comment where it is not empty.
  let tail: String

  /// Reads `bytes`.
  ///
  /// - Parameter firstColumn: where the text begins in its first line, for text that is a part of something.
  init(_ bytes: some Collection<UInt8>, named name: String, firstColumn: Int = 1) throws {
    do {
      let source = try YAMLSource(bytes, file: name, firstColumn: firstColumn)
      guard let events = YAMLEventStream(source.text) else {
        throw Diagnostic("C110", "cannot read `\(name)`: out of memory")
      }
      var composer = YAMLComposer(source: source, events: events)
      root = try composer.document()
      tail = source.trimmedText(from: composer.lastIndex)
    } catch let fault as Diagnostic {
      throw Diagnostics([fault])
    }
  }
}

/// Why ``readSmallFile(_:limit:)`` gave up.
enum SmallFileFault: Error {
  case tooLarge
  /// The system's words.
  case unreadable(String)
}

/// All bytes of a file, or of a pipe such as a shell's `<(…)`.
func readSmallFile(_ path: String, limit: Int) throws(SmallFileFault) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .unreadable(systemError()) }
  defer { close(descriptor) }
  // One byte more than allowed tells a file that is too large from one that just fits.
  var bytes = [UInt8](repeating: 0, count: limit + 1)
  var count = 0
  while count < bytes.count {
    let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count) }
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw .unreadable(systemError()) }
    if got == 0 { break }
    count += got
  }
  guard count <= limit else { throw .tooLarge }
  return Array(bytes[..<count])
}

private func systemError() -> String {
  let text = String(cString: strerror(errno))
  return text.prefix(1).lowercased() + text.dropFirst()
}
