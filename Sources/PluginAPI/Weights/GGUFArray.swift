/// An array of a GGUF file's metadata: a range of the mapped file. Arrays have hundreds of thousands of strings, so nothing is copied
/// before it is asked for.
public struct GGUFArray: Sendable {
  let file: MappedFile
  let type: GGUFType
  /// Its elements' bytes, checked when the file was opened.
  let range: Range<Int>
  /// The number of elements.
  public let count: Int

  /// Whether the elements are strings.
  public var isOfStrings: Bool { type == .string }

  /// Calls `body` with the bytes of each string, in order; not at all where the elements are no strings. The bytes are the
  /// file's: valid during the call. Throws what `body` throws.
  public func forEachString<Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    guard isOfStrings, var reader = ByteReader(file, range, part: "an array") else { return }
    for _ in 0..<count {
      // Both hold as long as nobody writes to the file.
      guard let length = try? reader.size(UInt64.self), let place = try? reader.skip(length) else { return }
      try body(UnsafeRawBufferPointer(rebasing: file.bytes[place]).assumingMemoryBound(to: UInt8.self))
    }
  }

  /// The strings' bytes; nil where the elements are no strings.
  public var strings: [[UInt8]]? {
    guard isOfStrings else { return nil }
    var strings: [[UInt8]] = []
    forEachString { strings.append(Array($0)) }
    return strings
  }

  /// Integers, as far as `Int` holds them; nil where the elements are none.
  public var integers: [Int]? {
    switch type {
    case .uint8: load(UInt8.self) { Int($0) }
    case .int8: load(Int8.self) { Int($0) }
    case .uint16: load(UInt16.self) { Int($0) }
    case .int16: load(Int16.self) { Int($0) }
    case .uint32: load(UInt32.self) { Int($0) }
    case .int32: load(Int32.self) { Int($0) }
    case .uint64: load(UInt64.self) { Int(clamping: $0) }
    case .int64: load(Int64.self) { Int($0) }
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// Floats; nil where the elements are none.
  public var floats: [Double]? {
    switch type {
    case .float32: load(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: load(UInt64.self) { Double(bitPattern: $0) }
    default: nil
    }
  }

  /// Truth values; nil where the elements are none.
  public var bools: [Bool]? { type == .bool ? load(UInt8.self) { $0 != 0 } : nil }

  private func load<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _: Stored.Type, _ value: (Stored) -> Value
  ) -> [Value] {
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range]), size = MemoryLayout<Stored>.size
    return (0..<bytes.count / size).map {
      value(Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)))
    }
  }
}
