import FoundationEssentials
import PluginAPI

/// What a plugin says about itself, as `calm plugin info` shows it.
struct PluginDescription: Codable, Sendable {
  struct Option: Codable, Sendable {
    var name: String
    var type: String
    var required: Bool
    var `default`: String?
    /// Nil where there is no bound.
    var least: Double?
    var greatest: Double?
    var help: String
  }

  var id: String
  var kind: String
  var version: String
  var licence: String
  var summary: String
  var file: String
  var sha256: String
  var compiler: String
  var options: [Option]

  init(_ plugin: LoadedPlugin) {
    let manifest = plugin.manifest
    id = manifest.id
    kind = manifest.kind.rawValue
    version = manifest.version
    licence = manifest.licence
    summary = manifest.summary
    file = plugin.path
    sha256 = plugin.sha256
    compiler = plugin.compiler
    options = manifest.options.flatMap { Option.all($0) }
  }

  /// For a person.
  var text: String {
    let facts = [
      ["kind", kind], ["version", version], ["licence", licence], ["file", file], ["sha256", sha256],
      ["compiler", compiler],
    ]
    let head = "\(id): \(summary)\n\n" + columns(facts)
    guard !options.isEmpty else { return head + "\nIt takes no options." }
    let rows = options.map { [$0.name, $0.type, $0.shownDefault, $0.shownRange, $0.help] }
    return head + "\n" + columns([["option", "type", "default", "range", "help"]] + rows)
  }

  /// For a program.
  func json() throws -> String { try encoded(self) }
}

extension PluginDescription.Option {
  /// The option, and the keys inside it by their dotted paths.
  static func all(_ field: OptionField, path: String = "") -> [PluginDescription.Option] {
    var type = field.type
    while case .list(let item) = type { type = item }
    let name = path + field.name
    return [PluginDescription.Option(field, name)] + (type.keys ?? []).flatMap { all($0, path: name + ".") }
  }

  private init(_ field: OptionField, _ name: String) {
    self.name = name
    type = field.type.name
    required = !field.optional
    `default` = field.shownDefault
    least = field.range.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
    greatest = field.range.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }
    help = field.help
  }

  fileprivate var shownDefault: String {
    if required { return "required" }
    return `default` ?? "none"
  }

  fileprivate var shownRange: String {
    switch (least, greatest) {
    case (nil, nil): "any"
    case (let least?, nil): "\(plain(least)) or more"
    case (nil, let greatest?): "\(plain(greatest)) or less"
    case (let least?, let greatest?): "\(plain(least)) to \(plain(greatest))"
    }
  }

  private func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? String(value) }
}

/// The plugins there are, as `calm plugin list` shows them. It opens no file again: digests are left to `calm plugin info`.
struct PluginList: Sendable {
  struct Row: Codable, Sendable {
    var id: String
    var kind: String
    var version: String
    var file: String
  }

  var rows: [Row]

  init(_ plugins: [LoadedPlugin]) {
    rows = plugins.map {
      Row(id: $0.manifest.id, kind: $0.manifest.kind.rawValue, version: $0.manifest.version, file: $0.path)
    }
  }

  /// For a person.
  var text: String { columns([["id", "kind", "version", "file"]] + rows.map { [$0.id, $0.kind, $0.version, $0.file] }) }

  /// For a program.
  func json() throws -> String { try encoded(rows) }
}

private func encoded(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Rows as columns of equal width, two spaces apart; each line ends without spaces.
private func columns(_ rows: [[String]]) -> String {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
    let line = cells.joined(separator: "  ")
    return String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)]) + "\n"
  }.joined()
}
