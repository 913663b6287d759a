import Testing

/// Reads TensorBoard's event files from the descriptions of the formats, with a CRC-32C that goes bit by bit.
enum EventReader {
  struct Event: Equatable {
    var step: Int
    var time: Double
    var version: String?
    var values: [String: Float]
  }

  struct Damaged: Error, CustomStringConvertible {
    var description: String
  }

  /// All records; throws at the first that is not whole.
  static func events(_ bytes: [UInt8]) throws -> [Event] {
    var at = 0, events: [Event] = []
    func take(_ count: Int) throws -> [UInt8] {
      guard count >= 0, at + count <= bytes.count else { throw Damaged(description: "cut short at \(at)") }
      defer { at += count }
      return Array(bytes[at..<at + count])
    }
    while at < bytes.count {
      let length = try take(8)
      guard try number(take(4)) == masked(length) else {
        throw Damaged(description: "wrong checksum of the length before \(at)")
      }
      let record = try take(Int(number(length)))
      guard try number(take(4)) == masked(record) else {
        throw Damaged(description: "wrong checksum of the record before \(at)")
      }
      events.append(try event(record))
    }
    return events
  }

  private static func number(_ bytes: [UInt8]) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
  }

  private static func masked(_ bytes: [UInt8]) -> UInt64 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let odd = (crc ^ UInt32(byte >> UInt8(bit))) & 1 == 1
        crc >>= 1
        if odd { crc ^= 0x82F6_3B78 }
      }
    }
    crc = ~crc
    return UInt64((crc >> 15 | crc << 17) &+ 0xA282_EAD8)
  }

  private enum Field {
    case number(UInt64), bytes([UInt8])

    var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }
    var number: UInt64 { if case .number(let number) = self { number } else { 0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// A protobuf message's fields by number, whatever their type.
  private static func fields(_ message: [UInt8]) throws -> [(Int, Field)] {
    var at = 0, fields: [(Int, Field)] = []
    func take(_ count: Int) throws -> [UInt8] {
      guard at + count <= message.count else { throw Damaged(description: "a message is cut short") }
      defer { at += count }
      return Array(message[at..<at + count])
    }
    func varint() throws -> UInt64 {
      var value: UInt64 = 0, shift: UInt64 = 0
      while true {
        let byte = try take(1)[0]
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
    }
    while at < message.count {
      let key = try varint()
      let field: Field
      switch key & 7 {
      case 0: field = .number(try varint())
      case 1: field = .number(number(try take(8)))
      case 2: field = .bytes(try take(Int(varint())))
      case 5: field = .number(number(try take(4)))
      default: throw Damaged(description: "wire type \(key & 7)")
      }
      fields.append((Int(key >> 3), field))
    }
    return fields
  }

  private static func event(_ record: [UInt8]) throws -> Event {
    var event = Event(step: 0, time: 0, values: [:])
    for (number, field) in try fields(record) {
      switch number {
      case 1: event.time = Double(bitPattern: field.number)
      case 2: event.step = Int(field.number)
      case 3: event.version = field.text
      case 5:
        for (number, value) in try fields(field.bytes) where number == 1 {
          var tag = "", simple: Float?
          for (number, field) in try fields(value.bytes) {
            if number == 1 { tag = field.text }
            if number == 2 { simple = Float(bitPattern: UInt32(field.number)) }
          }
          event.values[tag] = simple
        }
      default: throw Damaged(description: "field \(number) of an event")
      }
    }
    return event
  }
}
