import FoundationEssentials

/// JSON without a schema: servers differ in what they send, and options may hold any of it.
enum JSON: Codable, Sendable, Hashable {
  case null
  case boolean(Bool), integer(Int), number(Double), text(String)
  case list([JSON])
  case object([String: JSON])

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
    } else if let list = try? value.decode([JSON].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSON].self))
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

  /// Nil where the bytes are no JSON.
  init?(_ bytes: some Collection<UInt8>) {
    guard let value = try? JSONDecoder().decode(JSON.self, from: Data(bytes)) else { return nil }
    self = value
  }

  /// One line, keys sorted: equal values give equal bytes.
  func bytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
  subscript(index: Int) -> JSON? { if case .list(let list) = self, list.indices.contains(index) { list[index] } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var integer: Int? {
    switch self {
    case .integer(let integer): integer
    case .number(let number): Int(exactly: number)
    case .text(let text): Int(text)
    default: nil
    }
  }
  var list: [JSON]? { if case .list(let list) = self { list } else { nil } }
  var object: [String: JSON]? { if case .object(let object) = self { object } else { nil } }
}
