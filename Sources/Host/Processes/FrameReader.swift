/// Finds frames in the bytes that arrive: each a length, four bytes little-endian, and so many bytes.
struct FrameReader {
  /// What cannot be the beginning of a frame.
  struct Fault: Error, Equatable {
    let message: String
  }

  /// The longest frame.
  static let limit = 64 << 20

  private var bytes: [UInt8] = []
  private var start = 0

  /// Whether a frame has begun and not ended.
  var isInsideFrame: Bool { start < bytes.count }

  mutating func append(_ more: some Collection<UInt8>) {
    if start > 1 << 16, start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The content of the next frame; nil where it is not all there.
  mutating func next() throws(Fault) -> [UInt8]? {
    guard bytes.count - start >= 4 else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    guard length > 0 else { throw Fault(message: "a frame of no bytes") }
    guard length <= Self.limit else { throw Fault(message: wrongLength(length)) }
    guard bytes.count - start - 4 >= length else { return nil }
    let content = Array(bytes[(start + 4)..<(start + 4 + length)])
    start += 4 + length
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: start < 1 << 20)
      start = 0
    }
    return content
  }

  /// Most lengths that are too great are texts that were printed.
  private func wrongLength(_ length: Int) -> String {
    let begin = bytes[start...].prefix(40)
    guard begin.prefix(4).allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 }) else {
      return "a frame of \(length) bytes, more than \(Self.limit)"
    }
    let shown = String(decoding: begin, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
    return "something that is no frame: `\(shown)`"
  }

  /// A frame with this content.
  static func frame(_ content: some Collection<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: UInt32(content.count).littleEndian) { Array($0) } + content
  }
}
