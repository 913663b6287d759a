import PluginAPI

/// A manifest as a plugin in another process gives it.
struct PluginSelfDescription: Codable, Sendable {
  struct Option: Codable, Sendable {
    var name: String
    /// `string`, `integer`, …, `list of` or `mapping to` one of them.
    var type: String
    var required: Bool?
    var `default`: JSONTree?
    var least: Double?
    var greatest: Double?
    /// Of `choice`.
    var choices: [String]?
    /// Of `mapping` and `plugin`.
    var keys: [Option]?
    /// Of `plugin`: its kind.
    var kind: String?
    var help: String?
  }

  var id: String
  var kind: String
  var version: String
  var licence: String
  var summary: String
  var options: [Option]?
  var seeded: Bool?
  var takesPrompt: Bool?
  var answersNewText: Bool?

  init(_ manifest: Manifest) {
    id = manifest.id
    kind = manifest.kind.rawValue
    version = manifest.version
    licence = manifest.licence
    summary = manifest.summary
    options = manifest.options.map(Option.init)
    seeded = manifest.seeded
    takesPrompt = manifest.takesPrompt
    answersNewText = manifest.answersNewText
  }

  func manifest() throws(PluginError) -> Manifest {
    guard let kind = PluginKind(rawValue: kind) else { throw PluginError("its kind is `\(kind)`, which there is not") }
    var fields: [OptionField] = []
    for option in options ?? [] { fields.append(try option.field()) }
    try checkFields(fields)
    return Manifest(
      id: id, kind: kind, version: version, licence: licence, summary: summary, options: fields, seeded: seeded ?? true,
      takesPrompt: takesPrompt ?? false, answersNewText: answersNewText ?? true)
  }
}

extension PluginSelfDescription.Option {
  init(_ field: OptionField) {
    let described = Self.describe(field.type)
    name = field.name
    type = described.name
    (choices, keys, kind) = (described.choices, described.keys, described.kind)
    required = field.optional ? nil : true
    `default` = field.defaultText.map(JSONTree.text)
    least = field.range.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
    greatest = field.range.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }
    help = field.help
  }

  private typealias Described = (name: String, choices: [String]?, keys: [Self]?, kind: String?)

  private static func describe(_ type: OptionType) -> Described {
    switch type {
    case .string, .integer, .number, .boolean, .path, .model, .url, .any: return (type.name, nil, nil, nil)
    case .choice(let words): return ("choice", words, nil, nil)
    case .mapping(let fields): return ("mapping", nil, fields.map(Self.init), nil)
    case .plugin(let kind, let fields): return ("plugin", nil, fields.map(Self.init), kind.rawValue)
    case .list(let item), .map(let item):
      var described = describe(item)
      if case .list = type {
        described.name = "list of " + described.name
      } else {
        described.name = "mapping to " + described.name
      }
      return described
    @unknown default: return ("any", nil, nil, nil)
    }
  }

  func field() throws(PluginError) -> OptionField {
    guard !name.isEmpty else { throw PluginError("an option has no name") }
    let known = try optionType(type[...])
    var range: ClosedRange<Double>?
    if least != nil || greatest != nil {
      let (least, greatest) = (least ?? -.infinity, greatest ?? .infinity)
      guard least <= greatest else { throw PluginError("its option `\(name)` is between \(least) and \(greatest)") }
      range = least...greatest
    }
    var text = `default`?.scalar
    if case .list(let items)? = `default` { text = items.compactMap(\.scalar).joined(separator: ",") }
    if case .null? = `default` { text = nil }
    return describedOption(name, known, required: required ?? false, default: text, range: range, help: help ?? "")
  }

  private func optionType(_ name: Substring) throws(PluginError) -> OptionType {
    for (prefix, make) in [("list of ", OptionType.list), ("mapping to ", OptionType.map)] where name.hasPrefix(prefix) {
      return make(try optionType(name.dropFirst(prefix.count)))
    }
    var fields: [OptionField] = []
    for key in keys ?? [] { fields.append(try key.field()) }
    switch name {
    case "string": return .string
    case "integer": return .integer
    case "number": return .number
    case "boolean": return .boolean
    case "path": return .path
    case "model": return .model
    case "url": return .url
    case "any": return .any
    case "mapping": return .mapping(fields)
    case "plugin":
      guard let kind = kind.flatMap(PluginKind.init) else {
        throw PluginError("its option `\(self.name)` names no kind of plugin")
      }
      return .plugin(kind, with: fields)
    case "choice":
      guard let choices, !choices.isEmpty else { throw PluginError("its option `\(self.name)` has no `choices`") }
      return .choice(choices)
    default: throw PluginError("its option `\(self.name)` has type `\(name)`, which there is not")
    }
  }
}
