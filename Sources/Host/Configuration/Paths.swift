import Glibc
import PluginAPI

extension SourceMark {
  /// The `file` of values that no file gives: the defaults of options.
  static let defaultFile = "default"

  /// The `file` of what override number `index` (from 0) of the command line gives.
  static func overrideFile(_ index: Int, flag: String = "--set") -> String { "\(flag) #\(index + 1)" }

  /// Whether the place is on the command line.
  var isOverride: Bool { file.hasPrefix("--set #") || file.hasPrefix("--sweep #") }

  /// Whether no file holds the place.
  var isVirtual: Bool { isOverride || file == SourceMark.defaultFile }
}

extension ConfigNode {
  /// The files that values of the tree are from, sorted.
  var files: [String] {
    var found: Set<String> = []
    func visit(_ node: ConfigNode) {
      if !node.mark.isVirtual { found.insert(node.mark.file) }
      switch node.value {
      case .scalar: break
      case .list(let items): items.forEach(visit)
      case .map(let entries): for entry in entries { visit(entry.value) }
      }
    }
    visit(self)
    return found.sorted()
  }
}

/// A path written in a configuration: relative to the file that names it, and to the current folder where the command line
/// or a default does; `~/` is the home folder.
func resolvedPath(_ text: String, from mark: SourceMark) -> String {
  if text.hasPrefix("~/"), let home = getenv("HOME") { return String(cString: home) + text.dropFirst() }
  guard !text.hasPrefix("/"), !mark.isVirtual, let slash = mark.file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return text }
  return String(mark.file[...slash]) + (text.hasPrefix("./") ? text.dropFirst(2) : text[...])
}

/// The one name of a file under which all ways to write its path agree; nil where there is no such file.
func canonicalPath(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}
