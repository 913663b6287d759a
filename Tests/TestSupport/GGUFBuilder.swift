/// The bytes of a GGUF file, whatever they say.
public struct GGUFBuilder: Sendable {
  /// What the file begins with.
  public var magic = Array("GGUF".utf8)
  /// The format's version.
  public var version: UInt32 = 3
  /// The entries of the metadata.
  public var metadata: [[UInt8]] = []
  /// The descriptions of the tensors.
  public var tensors: [[UInt8]] = []
  /// How many entries the file says it has, where that is not the truth.
  public var metadataCount: UInt64?
  /// How many tensors the file says it has, where that is not the truth.
  public var tensorCount: UInt64?
  /// Where the data begins: at a multiple of this.
  public var alignment = 32
  /// The tensors' bytes.
  public var data: [UInt8] = []

  /// A file without anything.
  public init() {}

  /// The whole file.
  public var bytes: [UInt8] {
    var bytes = magic + Self.number(version) + Self.number(tensorCount ?? UInt64(tensors.count))
    bytes += Self.number(metadataCount ?? UInt64(metadata.count)) + metadata.joined() + tensors.joined()
    while bytes.count % alignment != 0 { bytes.append(0) }
    return bytes + data
  }

  /// An entry of the metadata: the value's bytes follow its type's number.
  public mutating func set(_ key: String, _ type: UInt32, _ value: [UInt8]) {
    metadata.append(Self.string(key) + Self.number(type) + value)
  }

  /// An array, whose elements' bytes follow each other.
  public mutating func set(_ key: String, arrayOf type: UInt32, count: UInt64, _ values: [UInt8]) {
    set(key, 9, Self.number(type) + Self.number(count) + values)
  }

  /// A tensor; `dimensions` innermost first, as the file has them.
  public mutating func add(_ name: String, _ dimensions: [UInt64], type: UInt32, offset: UInt64) {
    tensors.append(
      Self.string(name) + Self.number(UInt32(dimensions.count)) + dimensions.flatMap(Self.number) + Self.number(type)
        + Self.number(offset))
  }

  /// A number's bytes.
  public static func number<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A string's bytes, with their number before them.
  public static func string(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }
}
