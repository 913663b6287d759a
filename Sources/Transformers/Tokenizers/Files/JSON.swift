/// A value in a JSON text. Tokenizer files hold hundreds of thousands of short values, so a value is a place in the text and
/// nothing is copied before it is asked for. Strings are bytes: as `String`, canonically equivalent pieces of a vocabulary
/// would be equal.
struct JSON {
  enum Kind: UInt8 { case null, bool, number, string, array, object }

  /// A value's bytes, quotation marks excluded, and the index of the node behind its last descendant. The members of an object
  /// are a key and a value in turn.
  struct Node {
    let kind: Kind
    /// Whether a string has escapes.
    var isEscaped = false
    let start: Int
    var end: Int
    var next: Int
  }

  final class Text {
    let bytes: [UInt8]
    let nodes: [Node]

    init(bytes: [UInt8], nodes: [Node]) {
      self.bytes = bytes
      self.nodes = nodes
    }
  }

  private let text: Text
  private let index: Int

  init(root text: Text) {
    self.text = text
    index = 0
  }

  private init(_ text: Text, _ index: Int) {
    self.text = text
    self.index = index
  }

  private var node: Node { text.nodes[index] }

  var isArray: Bool { node.kind == .array }

  var isObject: Bool { node.kind == .object }

  /// The value of a member; nil where there is none or it is null. Of equal keys the last one counts.
  subscript(key: String) -> JSON? {
    var found: JSON?
    forEachMember { name, value in
      if name.elementsEqual(key.utf8) { found = value }
    }
    return found.flatMap { $0.node.kind == .null ? nil : $0 }
  }

  var bool: Bool? { node.kind == .bool ? text.bytes[node.start] == UInt8(ascii: "t") : nil }

  var number: Double? {
    node.kind == .number ? Double(String(decoding: text.bytes[node.start..<node.end], as: UTF8.self)) : nil
  }

  /// The bytes of a string.
  var bytes: ArraySlice<UInt8>? {
    guard node.kind == .string else { return nil }
    let slice = text.bytes[node.start..<node.end]
    return node.isEscaped ? JSONParser.unescaped(slice)[...] : slice
  }

  var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// A number that can be the id of a piece.
  var id: Int32? { number.flatMap { Int32(exactly: $0) }.flatMap { $0 < 0 ? nil : $0 } }

  /// The elements of an array; nil where this is none.
  var elements: [JSON]? {
    guard node.kind == .array else { return nil }
    var elements: [JSON] = []
    forEachElement { elements.append($0) }
    return elements
  }

  /// Calls `body` with each element of an array.
  func forEachElement<Failure: Error>(_ body: (JSON) throws(Failure) -> Void) throws(Failure) {
    guard node.kind == .array else { return }
    var child = index + 1
    while child < node.next {
      try body(JSON(text, child))
      child = text.nodes[child].next
    }
  }

  /// Calls `body` with each member of an object.
  func forEachMember<Failure: Error>(
    _ body: (_ key: ArraySlice<UInt8>, _ value: JSON) throws(Failure) -> Void
  ) throws(Failure) {
    guard node.kind == .object else { return }
    var child = index + 1
    while child < node.next {
      guard let key = JSON(text, child).bytes else { return }
      try body(key, JSON(text, child + 1))
      child = text.nodes[child + 1].next
    }
  }
}
