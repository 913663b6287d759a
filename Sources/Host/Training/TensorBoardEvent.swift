/// A message of TensorBoard's `event.proto`: named numbers of one step, or the head of a file.
struct TensorBoardEvent: Sendable {
  var step = 0
  var values: [(tag: String, value: Double)] = []
  private var version: String?

  init(step: Int, values: [(String, Double)]) {
    self.step = step
    // Sorted: a dictionary's order changes from run to run.
    self.values = values.map { (tag: $0.0, value: $0.1) }.sorted { $0.tag < $1.tag }
  }

  private init(version: String) { self.version = version }

  static let fileHead = TensorBoardEvent(version: "brain.Event:2")

  /// The bytes. `Event`: 1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary. `Summary`: 1 value, any
  /// number of times. `Value`: 1 tag (string), 2 simple_value (float).
  ///
  /// - Parameter time: seconds since 1970.
  func message(time: Double) -> [UInt8] {
    var event: [UInt8] = [1 << 3 | 1]
    event += littleEndian(time.bitPattern)
    event.append(2 << 3)
    event += varint(UInt64(max(0, step)))
    if let version { event += field(3, Array(version.utf8)) }
    if !values.isEmpty {
      let summary = values.flatMap { tag, value in
        field(1, field(1, Array(tag.utf8)) + [2 << 3 | 5] + littleEndian(Float(value).bitPattern))
      }
      event += field(5, summary)
    }
    return event
  }

  /// A field whose length stands before it.
  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(content.count)) + content
  }

  private func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [], rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// TensorFlow's record files: each record is its length, the length's checksum, its bytes and their checksum.
struct EventRecords {
  private let bytes: [UInt8]
  /// Behind the last record that was whole.
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next record; nil at the end and at the first that is cut short or damaged.
  mutating func next() -> ArraySlice<UInt8>? {
    guard let head = part(offset, 12), checksum(head.prefix(8)).elementsEqual(head.suffix(4)),
      let length = Int(exactly: head.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }),
      let body = part(offset + 12, length), let end = part(offset + 12 + length, 4), checksum(body).elementsEqual(end)
    else { return nil }
    offset += length + 16
    return body
  }

  static func framed(_ record: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(record.count))
    return length + checksum(length) + record + checksum(record)
  }

  private func part(_ start: Int, _ count: Int) -> ArraySlice<UInt8>? {
    count >= 0 && count <= bytes.count - start ? bytes[start..<start + count] : nil
  }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// CRC-32C, turned and moved as TensorFlow does so that the checksum of data which holds checksums is none of them.
private func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  let crc = ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ castagnoli[Int(($0 ^ UInt32($1)) & 0xFF)] }
  return littleEndian((crc >> 15 | crc << 17) &+ 0xA282_EAD8)
}

private let castagnoli: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
}
