/// SentencePiece's normalisation: a compiled map of strings to strings, applied as Hugging Face does, which is cluster by
/// cluster: what the map has for the shortest prefix of a short grapheme cluster replaces the whole cluster.
final class CharsMap: Sendable {
  /// Longer clusters, in bytes, are normalised scalar by scalar.
  private static let maxClusterLength = 5
  /// Marks a byte that the fast path leaves to the map.
  private static let slow: UInt8 = 0x80

  /// A double array: offset (with a flag of scale), leaf flag and label in each unit.
  private let units: FrozenBuffer<UInt32>
  /// Replacements, each ended by a zero byte.
  private let replacements: FrozenBuffer<UInt8>
  /// What becomes of each ASCII byte.
  private let ascii: FrozenBuffer<UInt8>

  /// `blob`: the size of the double array in bytes, the array, the replacements; numbers are little endian.
  /// Nil where that is not so.
  init?(_ blob: some Collection<UInt8>) {
    let bytes = Array(blob)
    func number(_ start: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 8 else { return nil }
    let size = Int(number(0))
    guard size >= 4, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    let text = Array(bytes[(4 + size)...])
    guard text.withUnsafeBufferPointer(UTF8Coding.isValid) else { return nil }
    units = FrozenBuffer(stride(from: 4, to: 4 + size, by: 4).map { number($0) })
    replacements = FrozenBuffer(text)
    let (units, replacements) = (units, replacements)
    ascii = FrozenBuffer(
      (0..<256).map { value in
        // CR and LF make one cluster.
        if value >= 0x80 || value == 0x0D { return Self.slow }
        let byte = UInt8(value)
        guard let range = Self.replacement([byte][...], units, replacements) else { return byte }
        return range.count == 1 && replacements[range.lowerBound] < 0x80 ? replacements[range.lowerBound] : Self.slow
      })
  }

  /// Appends the normalised text to `output`.
  func apply(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout GrowableBuffer<UInt8>) {
    withExtendedLifetime(self) {
      let ascii = ascii.pointer
      output.reserve(bytes.count)
      var position = 0
      while position < bytes.count {
        let mapped = ascii[Int(bytes[position])]
        // Before a byte beyond ASCII, which may be a mark, a letter is not yet a cluster.
        if mapped < 0x80, position + 1 == bytes.count || bytes[position + 1] < 0x80 {
          output.append(mapped)
          position += 1
        } else {
          let end = GraphemeClusters.shared.end(in: bytes, from: position)
          apply(UnsafeBufferPointer(rebasing: bytes[position..<end]), cluster: &output)
          position = end
          output.reserve(bytes.count - position)
        }
      }
    }
  }

  private func apply(_ cluster: UnsafeBufferPointer<UInt8>, cluster output: inout GrowableBuffer<UInt8>) {
    if cluster.count <= Self.maxClusterLength, let range = Self.replacement(cluster, units, replacements) {
      return output.append(copying: UnsafeBufferPointer(rebasing: replacements.pointer[range]))
    }
    var position = 0
    while position < cluster.count {
      let scalar = UnsafeBufferPointer(rebasing: cluster[position..<position + UTF8Coding.decode(cluster, at: position).length])
      if let range = Self.replacement(scalar, units, replacements) {
        output.append(copying: UnsafeBufferPointer(rebasing: replacements.pointer[range]))
      } else {
        output.append(copying: scalar)
      }
      position += scalar.count
    }
  }

  /// Where the replacement of the shortest prefix of `key` that has one is. Whatever the units say, nothing outside of the
  /// tables is read, and a replacement is whole UTF-8.
  @inline(__always)
  private static func replacement(
    _ key: some Collection<UInt8>, _ units: FrozenBuffer<UInt32>, _ replacements: FrozenBuffer<UInt8>
  ) -> Range<Int>? {
    let (array, text) = (units.pointer, replacements.pointer)
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
    var position = offset(array[0])
    for byte in key {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < array.count, case let unit = array[position], unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      position ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard position < array.count else { return nil }
      let start = Int(array[position] & (1 << 31 - 1))
      guard start < text.count, text[start] & 0xC0 != 0x80 else { return nil }
      var end = start
      while end < text.count, text[end] != 0 { end += 1 }
      return start..<end
    }
    return nil
  }
}
