/// Where something stands in a file or on the command line. Lines and columns count from 1.
public struct SourceMark: Sendable, Hashable {
  /// The file, or a name such as `--set #1`.
  public var file: String
  /// The line.
  public var line: Int
  /// The column, in characters.
  public var column: Int
  /// How many characters it spans.
  public var length: Int

  /// A place.
  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }

  /// `file:line:column`
  public var description: String { "\(file):\(line):\(column)" }
}

/// A piece of YAML that knows where it stands.
public struct ConfigNode: Sendable {
  /// A key of a mapping and where it stands.
  public struct Key: Sendable {
    /// The text.
    public var name: String
    /// Where.
    public var mark: SourceMark
    /// A key.
    public init(_ name: String, mark: SourceMark) {
      self.name = name
      self.mark = mark
    }
  }

  /// One entry of a mapping.
  public struct Entry: Sendable {
    /// The key.
    public var key: Key
    /// The value.
    public var value: ConfigNode
    /// An entry.
    public init(_ key: Key, _ value: ConfigNode) {
      self.key = key
      self.value = value
    }
  }

  /// What it holds.
  @frozen public indirect enum Value: Sendable {
    /// A scalar's text; `quoted` scalars are never read as numbers, booleans or null.
    case scalar(String, quoted: Bool)
    /// Items, in their order.
    case list([ConfigNode])
    /// Keys and values, in the order of the file.
    case map([Entry])
  }

  /// The content.
  public var value: Value
  /// The place.
  public var mark: SourceMark

  /// A node.
  public init(_ value: Value, mark: SourceMark) {
    self.value = value
    self.mark = mark
  }

  /// The entries of a mapping, nil for other nodes.
  public var map: [Entry]? { if case .map(let entries) = value { entries } else { nil } }
  /// The items of a list, nil for other nodes.
  public var list: [ConfigNode]? { if case .list(let items) = value { items } else { nil } }
  /// The text of a scalar, nil for other nodes.
  public var text: String? { if case .scalar(let text, _) = value { text } else { nil } }
  /// Whether it is an unquoted `null`, `~` or nothing.
  public var isNull: Bool {
    if case .scalar(let text, false) = value { ["", "~", "null", "Null", "NULL"].contains(text) } else { false }
  }
  /// The value under `key`.
  public subscript(key: String) -> ConfigNode? { map?.first { $0.key.name == key }?.value }
}
