import PluginAPI

/// The command line's overrides as the lines that marks of the kind `--set #1` point into.
func overrideSources(_ arguments: [String]) -> [String: String] {
  Dictionary(arguments.enumerated().map { (SourceMark.overrideFile($0), $1) }, uniquingKeysWith: { first, _ in first })
}

/// Reads arguments of the form `a.b.c=value`; those that cannot be read become faults.
func parseOverrides(_ arguments: [String], faults: inout [Diagnostic]) -> [ConfigOverride] {
  var overrides: [ConfigOverride] = []
  for (index, argument) in arguments.enumerated() {
    do {
      overrides.append(try ConfigOverride(argument, file: SourceMark.overrideFile(index)))
    } catch {
      faults += error.items
    }
  }
  return overrides
}

/// One `--set a.b.c=value`.
struct ConfigOverride {
  /// The keys (or indices of lists) from the root to the value.
  let path: [ConfigNode.Key]
  let value: ConfigNode

  /// Reads an argument; the value is YAML, so numbers, `[a, b]` and `null` mean what they do in a file.
  init(_ argument: String, file: String) throws(Diagnostics) {
    func bad(_ message: String, _ mark: SourceMark, hint: String? = nil) -> Diagnostics {
      Diagnostics([Diagnostic("C109", message, mark: mark, hint: hint)])
    }
    let whole = SourceMark(file: file, line: 1, column: 1, length: max(1, argument.unicodeScalars.count))
    // By scalars: an accent at the start of the value would make one character with the `=`.
    let scalars = argument.unicodeScalars
    guard let equals = scalars.firstIndex(of: "=") else {
      throw bad("an override must have the form `path.to.key=value`", whole, hint: "there is no `=`")
    }
    var path: [ConfigNode.Key] = []
    var column = 1
    for part in scalars[..<equals].split(separator: ".", omittingEmptySubsequences: false) {
      let length = part.count
      let mark = SourceMark(file: file, line: 1, column: column, length: max(1, length))
      guard !part.isEmpty else { throw bad("a key is missing in the path of an override", mark) }
      path.append(ConfigNode.Key(String(part), mark: mark))
      column += length + 1
    }
    guard path.count <= YAMLLimits.depth else {
      throw bad("the path of an override has more than \(YAMLLimits.depth) keys", whole)
    }
    if let first = path.first, first.name == "extends" {
      throw bad("`extends` cannot be overridden", first.mark, hint: "only a file can extend another")
    }
    self.path = path
    let text = String(scalars[scalars.index(after: equals)...])
    let empty = ConfigNode(.scalar("", quoted: false), mark: SourceMark(file: file, line: 1, column: column))
    guard text.contains(where: { !$0.isWhitespace }) else {
      value = empty
      return
    }
    do {
      let document = try YAMLDocument(text.utf8, named: file, firstColumn: column)
      // In a file a comment is meant; here it is text that would be lost without a word.
      guard !document.tail.hasPrefix("#"), let root = document.root else {
        let mark = SourceMark(file: file, line: 1, column: column, length: max(1, text.unicodeScalars.count))
        throw bad("`#` begins a comment, which would be lost", mark, hint: "put the value in quotes")
      }
      value = root
    } catch let error as Diagnostics {
      throw error
    } catch {
      throw bad("the value cannot be read: \(error)", whole)
    }
  }

  init(path: [ConfigNode.Key], value: ConfigNode) {
    self.path = path
    self.value = value
  }

  /// `tree` with the value set.
  func applied(to tree: ConfigNode) throws(Diagnostic) -> ConfigNode { try set(in: tree, from: 0) }

  private func set(in node: ConfigNode, from level: Int) throws(Diagnostic) -> ConfigNode {
    guard level < path.count else { return value }
    let key = path[level]
    switch node.value {
    case .list(var items):
      guard let index = Int(key.name), items.indices.contains(index) else {
        let range = items.isEmpty ? "it is empty" : "its items are 0 to \(items.count - 1)"
        throw Diagnostic("C109", "`\(name(level))` is a list, and `\(key.name)` is no item of it", mark: key.mark, hint: range)
      }
      items[index] = try set(in: items[index], from: level + 1)
      return ConfigNode(.list(items), mark: node.mark)
    case .scalar(let text, _) where !node.isNull:
      throw Diagnostic(
        "C109", "`\(name(level))` is no mapping, so it has no key `\(key.name)`", mark: key.mark,
        notes: ["`\(name(level))` is `\(text)` (\(node.mark.description))"])
    default: return try set(key, in: node, level: level)
    }
  }

  private func set(_ key: ConfigNode.Key, in node: ConfigNode, level: Int) throws(Diagnostic) -> ConfigNode {
    var entries = node.map ?? []
    let isLast = level == path.count - 1
    if isLast, key.name == "plugin", let before = node["plugin"], before.text != value.text {
      // The options that other overrides give are meant for the new plugin, whichever comes first.
      entries = entriesOfAnyPlugin(entries)
    }
    if let place = entries.firstIndex(where: { $0.key.name == key.name }) {
      entries[place].value = try set(in: entries[place].value, from: level + 1)
      if isLast { entries[place].key = key }
    } else {
      let none = ConfigNode(.scalar("", quoted: false), mark: key.mark)
      entries.append(ConfigNode.Entry(key, try set(in: none, from: level + 1)))
    }
    return ConfigNode(.map(entries), mark: node.isNull ? key.mark : node.mark)
  }

  private func name(_ level: Int) -> String {
    level == 0 ? "the configuration" : path[..<level].map(\.name).joined(separator: ".")
  }
}
