/// Checks `node` against `Options.fields`, fills in defaults and decodes the struct.
/// Throws ``Diagnostics`` with every fault.
public func decodeOptions<Options: PluginOptions>(
  _ type: Options.Type, from node: ConfigNode, what: String
) throws -> Options {
  let faults = check(node, against: Options.fields, what: what)
  guard faults.isEmpty else { throw Diagnostics(faults) }
  do {
    return try Options(from: NodeDecoder(node: node.filled(with: Options.fields), codingPath: []))
  } catch let error as DecodingError {
    // The struct and its description disagree, or a nested value is wrong: the description could not see it.
    throw Diagnostics([Diagnostic("C104", "\(what): \(explain(error))", mark: node.mark)])
  }
}

private func explain(_ error: DecodingError) -> String {
  func path(_ context: DecodingError.Context, _ last: String = "") -> String {
    (context.codingPath.map(\.stringValue) + (last.isEmpty ? [] : [last])).joined(separator: ".")
  }
  switch error {
  case .keyNotFound(let key, let context): return "`\(path(context, key.stringValue))` is missing"
  case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
    return "`\(path(context))` must be \(type)"
  case .dataCorrupted(let context): return "`\(path(context))`: \(context.debugDescription)"
  @unknown default: return "cannot be read"
  }
}

extension ConfigNode {
  /// The mapping with the default of every key that is not given (or is null).
  public func filled(with fields: [OptionField]) -> ConfigNode {
    var entries = (map ?? []).filter { !$0.value.isNull }
    for i in entries.indices {
      guard let field = fields.first(where: { $0.name == entries[i].key.name }) else { continue }
      entries[i].value = entries[i].value.filled(as: field.type)
    }
    for field in fields where !entries.contains(where: { $0.key.name == field.name }) {
      guard let text = field.defaultText else { continue }
      let place = SourceMark(file: "default", line: 1, column: 1)
      let value: Value =
        switch field.type {
        case .list:
          .list(
            text.isEmpty ? [] : text.split(separator: ",").map { ConfigNode(.scalar(String($0), quoted: false), mark: place) })
        case .map: .map([])
        case .string, .path, .model, .url, .choice: .scalar(text, quoted: true)
        default: .scalar(text, quoted: false)
        }
      entries.append(Entry(Key(field.name, mark: place), ConfigNode(value, mark: place)))
    }
    return ConfigNode(.map(entries), mark: mark)
  }
}

extension ConfigNode {
  private func filled(as type: OptionType) -> ConfigNode {
    switch type {
    case .mapping, .plugin: expanded(as: type).filled(with: type.keys ?? [])
    case .list(let item): list.map { ConfigNode(.list($0.map { $0.filled(as: item) }), mark: mark) } ?? self
    default: self
    }
  }
}

extension ConfigNode: Decodable {
  /// The YAML as it stands: for an option of type ``OptionType/any``. Throws where it does not come from YAML.
  public init(from decoder: any Swift.Decoder) throws {
    guard let decoder = decoder as? NodeDecoder else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "must come from YAML"))
    }
    self = decoder.node
  }
}

/// A `Swift.Decoder` over ``ConfigNode``, so that options are plain `Decodable` structs.
private struct NodeDecoder: Swift.Decoder {
  let node: ConfigNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard let entries = node.map else { throw mismatch("a mapping") }
    return KeyedDecodingContainer(Keyed(decoder: self, entries: entries))
  }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let items = node.list else { throw mismatch("a list") }
    return Unkeyed(decoder: self, items: items)
  }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

  func mismatch(_ what: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: "must be \(what)"))
  }
  func child(_ node: ConfigNode, _ key: any CodingKey) -> NodeDecoder {
    NodeDecoder(node: node, codingPath: codingPath + [key])
  }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: self) }
}

private struct Name: CodingKey {
  var stringValue: String
  var intValue: Int?
  init(stringValue: String) { self.stringValue = stringValue }
  init(intValue: Int) { (self.stringValue, self.intValue) = (String(intValue), intValue) }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: NodeDecoder
  let entries: [ConfigNode.Entry]
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { entries.compactMap { Key(stringValue: $0.key.name) } }

  func contains(_ key: Key) -> Bool { entries.contains { $0.key.name == key.stringValue } }
  func decodeNil(forKey key: Key) throws -> Bool { try value(key).isNull }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try decoder.child(value(key), key).decode(type)
  }
  func nestedContainer<K: CodingKey>(keyedBy type: K.Type, forKey key: Key) throws -> KeyedDecodingContainer<K> {
    try decoder.child(value(key), key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder.child(value(key), key).unkeyedContainer()
  }
  func superDecoder() throws -> any Swift.Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Swift.Decoder { try decoder.child(value(key), key) }

  private func value(_ key: Key) throws -> ConfigNode {
    guard let entry = entries.first(where: { $0.key.name == key.stringValue }) else {
      throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
    }
    return entry.value
  }
}

private struct Unkeyed: UnkeyedDecodingContainer {
  let decoder: NodeDecoder
  let items: [ConfigNode]
  var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex >= items.count }

  mutating func decodeNil() throws -> Bool {
    guard try peek().isNull else { return false }
    currentIndex += 1
    return true
  }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }
  mutating func nestedContainer<K: CodingKey>(keyedBy type: K.Type) throws -> KeyedDecodingContainer<K> {
    try next().container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Swift.Decoder { try next() }

  private func peek() throws -> ConfigNode {
    guard !isAtEnd else { throw decoder.mismatch("longer") }
    return items[currentIndex]
  }
  private mutating func next() throws -> NodeDecoder {
    let item = try peek()
    defer { currentIndex += 1 }
    return decoder.child(item, Name(intValue: currentIndex))
  }
}

private struct Single: SingleValueDecodingContainer {
  let decoder: NodeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }
  private var node: ConfigNode { decoder.node }

  func decodeNil() -> Bool { node.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try unwrap(node.boolean, "true or false") }
  func decode(_ type: String.Type) throws -> String { try unwrap(node.text, "text") }
  func decode(_ type: Double.Type) throws -> Double { try unwrap(node.number, "a number") }
  func decode(_ type: Float.Type) throws -> Float { Float(try unwrap(node.number, "a number")) }
  func decode(_ type: Int.Type) throws -> Int { try unwrap(node.integer, "an integer") }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
  func decode(_ type: UInt.Type) throws -> UInt { try integer() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: decoder) }

  private func integer<T: FixedWidthInteger>() throws -> T {
    try unwrap(node.integer.flatMap { T(exactly: $0) }, "an integer")
  }
  private func unwrap<T>(_ value: T?, _ what: String) throws -> T {
    guard let value else { throw decoder.mismatch(what) }
    return value
  }
}
