/// Server-sent events: gives the data of each event as it is complete. Bytes may be cut anywhere, also within a character.
struct EventStream {
  private var line: [UInt8] = []
  private var data: [UInt8]?
  private var endedByReturn = false

  /// Takes the next bytes; the events that they complete.
  mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    var events: [[UInt8]] = []
    for byte in bytes {
      // A line ends with LF, CR, or both.
      defer { endedByReturn = byte == UInt8(ascii: "\r") }
      switch byte {
      case UInt8(ascii: "\n") where endedByReturn: continue
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): if let event = endLine() { events.append(event) }
      default: line.append(byte)
      }
    }
    return events
  }

  /// The event that the stream's end completes: some servers leave the last empty line out.
  mutating func end() -> [[UInt8]] { [endLine(), endLine()].compactMap(\.self) }

  private mutating func endLine() -> [UInt8]? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      defer { data = nil }
      return data
    }
    // Other fields (`event`, `id`, `retry`) and comments (`: …`) carry no text.
    guard line.starts(with: Self.field) else { return nil }
    let value = line.dropFirst(Self.field.count)
    let content = value.first == UInt8(ascii: " ") ? value.dropFirst() : value
    data = data.map { $0 + [UInt8(ascii: "\n")] + content } ?? Array(content)
    return nil
  }

  private static let field = Array("data:".utf8)
}
