/// Reads the fields of one protobuf message. Every length is checked against the message; what the caller does not ask for is
/// skipped.
struct ProtobufReader {
  struct Malformed: Error {
    let reason: String
  }

  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The next field; nil at the end of the message.
  mutating func next() throws(Malformed) -> (number: UInt64, value: Value)? {
    if position == bytes.endIndex { return nil }
    let tag = try varint()
    let number = tag >> 3
    guard 1..<(1 << 29) ~= number else { throw Malformed(reason: "a field number that does not exist") }
    switch tag & 7 {
    case 0: return (number, .integer(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.endIndex - position) else {
        throw Malformed(reason: "a field that is longer than its message")
      }
      return (number, .bytes(take(Int(length))))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw Malformed(reason: "a field of an unknown kind")
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < bytes.endIndex else { break }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed(reason: "a number without end")
  }

  private mutating func fixed(_ count: Int) throws(Malformed) -> UInt64 {
    guard bytes.endIndex - position >= count else { throw Malformed(reason: "a number that is cut off") }
    return take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ProtobufReader.Value {
  func bytes(_ field: String) throws(ProtobufReader.Malformed) -> ArraySlice<UInt8> {
    if case .bytes(let value) = self { return value }
    throw ProtobufReader.Malformed(reason: "\(field) is not a string or message")
  }

  func integer(_ field: String) throws(ProtobufReader.Malformed) -> Int {
    if case .integer(let value) = self { return Int(truncatingIfNeeded: value) }
    throw ProtobufReader.Malformed(reason: "\(field) is not an integer")
  }

  func float(_ field: String) throws(ProtobufReader.Malformed) -> Float {
    if case .fixed32(let value) = self { return Float(bitPattern: value) }
    throw ProtobufReader.Malformed(reason: "\(field) is not a float")
  }
}
