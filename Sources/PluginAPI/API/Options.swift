/// The type of an option.
public enum OptionType: Sendable {
  /// Text; a number is text too.
  case string
  /// A number without a fraction.
  case integer
  /// A number.
  case number
  /// `true` or `false`.
  case boolean
  /// A file or folder; relative paths are relative to the YAML file that names them.
  case path
  /// A model: a name declared under `models:`, else a path.
  case model
  /// A web address, `http://…` or `https://…`. Where an experiment gives one, its host counts as allowed by the experiment.
  case url
  /// One of these words.
  case choice([String])
  /// Values of one type.
  indirect case list(OptionType)
  /// Names to values of one type.
  indirect case map(OptionType)
  /// Keys that are described in their turn. A text alone stands for the mapping with the first of them.
  indirect case mapping([OptionField])
  /// Another plugin of a kind, as `{plugin: ID, options: {…}}` with further keys beside. The host checks the options as that
  /// plugin describes them.
  indirect case plugin(PluginKind, with: [OptionField])
  /// Any YAML.
  case any

  /// How the type is shown to a person.
  public var name: String {
    switch self {
    case .string: "string"
    case .integer: "integer"
    case .number: "number"
    case .boolean: "boolean"
    case .path: "path"
    case .model: "model"
    case .url: "url"
    case .choice(let words): words.joined(separator: "|")
    case .list(let item): "list of \(item.name)"
    case .map(let item): "mapping to \(item.name)"
    case .mapping: "mapping"
    case .plugin(let kind, _): "\(kind.rawValue) plugin"
    case .any: "any"
    }
  }
}

extension OptionType {
  /// The keys of a ``mapping(_:)`` or ``plugin(_:with:)``; nil for other types.
  public var keys: [OptionField]? {
    switch self {
    case .mapping(let fields): fields
    case .plugin(_, let fields):
      [
        .required("plugin", .string, help: "the plugin's id"),
        .optional("options", .any, help: "its options"),
      ] + fields
    default: nil
    }
  }
}

extension OptionType: Equatable, Hashable {
  /// Whether both are shown alike.
  public static func == (a: OptionType, b: OptionType) -> Bool { a.name == b.name }
  /// Hashes what is shown.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// One key of a YAML mapping, described once: this checks it, gives its default and documents it.
public struct OptionField: Sendable {
  /// The key.
  public var name: String
  /// Its type.
  public var type: OptionType
  /// The default, as it would be written in YAML; nil where the key is required or ``optional``.
  public var defaultText: String?
  /// Whether it may be left out without a default.
  public var optional: Bool
  /// The least and the greatest number allowed.
  public var range: ClosedRange<Double>?
  /// One line of help.
  public var help: String

  private init(
    _ name: String, _ type: OptionType, defaultText: String?, optional: Bool, range: ClosedRange<Double>?, help: String
  ) {
    self.name = name
    self.type = type
    self.defaultText = defaultText
    self.optional = optional
    self.range = range
    self.help = help
  }

  /// A key with a default, written as in YAML.
  public static func optional(
    _ name: String, _ type: OptionType, default text: String, in range: ClosedRange<Double>? = nil, help: String
  ) -> OptionField { OptionField(name, type, defaultText: text, optional: true, range: range, help: help) }

  /// A key that may be left out; the Swift property is an Optional.
  public static func optional(
    _ name: String, _ type: OptionType, in range: ClosedRange<Double>? = nil, help: String
  ) -> OptionField { OptionField(name, type, defaultText: nil, optional: true, range: range, help: help) }

  /// A key that must be there.
  public static func required(
    _ name: String, _ type: OptionType, in range: ClosedRange<Double>? = nil, help: String
  ) -> OptionField { OptionField(name, type, defaultText: nil, optional: false, range: range, help: help) }
}

/// A plugin's options: a plain struct whose stored properties are the keys, with ``fields`` describing each once.
///
///     struct EchoOptions: PluginOptions {
///       var times: Int
///       static let fields = [OptionField.optional("times", .integer, default: "1", in: 1...9, help: "how often")]
///     }
public protocol PluginOptions: Decodable, Sendable {
  /// One description a stored property.
  static var fields: [OptionField] { get }
}

/// No options.
public struct NoOptions: PluginOptions {
  /// None.
  public static let fields: [OptionField] = []
}
