import FoundationEssentials
import PluginAPI

/// JSON without a schema: the options of a plugin in another process.
indirect enum JSONTree: Codable, Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Swift.Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSONTree].self))
    }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .boolean(let boolean): try value.encode(boolean)
    case .integer(let integer): try value.encode(integer)
    case .number(let number): try value.encode(number)
    case .text(let text): try value.encode(text)
    case .list(let list): try value.encode(list)
    case .object(let object): try value.encode(object)
    }
  }

  /// As YAML would have it in one scalar; nil for lists and mappings.
  var scalar: String? {
    switch self {
    case .null: ""
    case .boolean(let boolean): boolean ? "true" : "false"
    case .integer(let integer): String(integer)
    case .number(let number): String(number)
    case .text(let text): text
    case .list, .object: nil
    }
  }
}

extension JSONTree {
  /// A mapping of options as its fields describe it.
  init(_ options: ConfigNode, _ fields: [OptionField]) {
    var object: [String: JSONTree] = [:]
    for entry in options.map ?? [] {
      let type = fields.first { $0.name == entry.key.name }?.type ?? .any
      object[entry.key.name] = JSONTree(entry.value, as: type)
    }
    self = .object(object)
  }

  private init(_ node: ConfigNode, as type: OptionType) {
    if node.isNull {
      self = .null
      return
    }
    switch (type, node.value) {
    case (.integer, .scalar), (.number, .scalar), (.boolean, .scalar), (.any, .scalar(_, quoted: false)):
      if let boolean = node.boolean {
        self = .boolean(boolean)
      } else if let integer = node.integer {
        self = .integer(integer)
      } else if let number = node.number {
        self = .number(number)
      } else {
        self = .text(node.text ?? "")
      }
    case (_, .scalar(let text, _)): self = .text(text)
    case (.list(let item), .list(let items)): self = .list(items.map { JSONTree($0, as: item) })
    case (_, .list(let items)): self = .list(items.map { JSONTree($0, as: .any) })
    case (.map(let item), .map(let entries)):
      self = .object(
        Dictionary(entries.map { ($0.key.name, JSONTree($0.value, as: item)) }, uniquingKeysWith: { first, _ in first }))
    case (_, .map): self = JSONTree(node, type.keys ?? [])
    }
  }

  /// The same as YAML would hold it.
  func node(at mark: SourceMark) -> ConfigNode {
    switch self {
    case .text(let text): ConfigNode(.scalar(text, quoted: true), mark: mark)
    case .list(let items): ConfigNode(.list(items.map { $0.node(at: mark) }), mark: mark)
    case .object(let object):
      ConfigNode(
        .map(
          object.sorted { $0.key < $1.key }.map { name, value in
            ConfigNode.Entry(ConfigNode.Key(name, mark: mark), value.node(at: mark))
          }), mark: mark)
    default: ConfigNode(.scalar(scalar ?? "", quoted: false), mark: mark)
    }
  }
}
