/// A JSON value. Strings are bytes, and an object is a list of members: a dictionary keyed by `String` would let canonically
/// equivalent pieces of a vocabulary fall together.
enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string([UInt8])
  case array([JSON])
  case object([Member])

  struct Member: Sendable {
    let key: [UInt8]
    let value: JSON
  }

  /// The value of a member; nil where there is none or it is null. Of equal keys the last one counts.
  subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    guard let value = members.last(where: { $0.key.elementsEqual(key.utf8) })?.value else { return nil }
    if case .null = value { return nil }
    return value
  }

  var bytes: [UInt8]? { if case .string(let value) = self { value } else { nil } }
  var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var members: [Member]? { if case .object(let value) = self { value } else { nil } }

  /// A number that can be the id of a piece.
  var id: Int32? { number.flatMap { Int32(exactly: $0) }.flatMap { $0 < 0 ? nil : $0 } }
}
