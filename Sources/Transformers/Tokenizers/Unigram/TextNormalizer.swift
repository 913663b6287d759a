/// What happens to a text before it is split into words.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    case charsMap(CharsMap)
    /// Removes white space at the ends.
    case strip(left: Bool, right: Bool)
    /// Puts a text in the place of two and more spaces.
    case replaceSpaces(with: [UInt8])
  }

  /// Two buffers to go from one step to the next.
  struct Buffers: ~Copyable {
    var current = GrowableBuffer<UInt8>(capacity: 4096)
    var other = GrowableBuffer<UInt8>(capacity: 1)
  }

  let steps: [Step]

  /// The normalised text, which stays where it is until `buffers` are used again.
  func apply(_ bytes: UnsafeBufferPointer<UInt8>, _ buffers: inout Buffers) -> UnsafeBufferPointer<UInt8> {
    var text = bytes
    for step in steps {
      switch step {
      case .charsMap(let map):
        buffers.other.count = 0
        map.apply(text, to: &buffers.other)
        text = Self.exchange(&buffers)
      case .strip(let left, let right): text = Self.strip(text, left: left, right: right)
      case .replaceSpaces(let replacement):
        buffers.other.count = 0
        Self.replaceSpaces(text, with: replacement, in: &buffers.other)
        text = Self.exchange(&buffers)
      }
    }
    return text
  }

  func apply(_ bytes: [UInt8]) -> [UInt8] {
    var buffers = Buffers()
    return bytes.withUnsafeBufferPointer { Array(apply($0, &buffers)) }
  }

  private static func exchange(_ buffers: inout Buffers) -> UnsafeBufferPointer<UInt8> {
    swap(&buffers.current, &buffers.other)
    return buffers.current.elements
  }

  private static func strip(
    _ text: UnsafeBufferPointer<UInt8>, left: Bool, right: Bool
  ) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, text.count)
    if left { while start < end, case let length = WhiteSpace.length(text, at: start), length > 0 { start += length } }
    if right { while end > start, case let length = WhiteSpace.length(text, before: end), length > 0 { end -= length } }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  private static func replaceSpaces(
    _ text: UnsafeBufferPointer<UInt8>, with replacement: [UInt8], in output: inout GrowableBuffer<UInt8>
  ) {
    var position = 0
    while position < text.count {
      var end = position
      while end < text.count, text[end] == 0x20 { end += 1 }
      output.reserve(replacement.count + 1)
      if end - position > 1 {
        for byte in replacement { output.append(byte) }
        position = end
      } else {
        output.append(text[position])
        position += 1
      }
    }
  }
}
