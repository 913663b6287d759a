/// One entry of a GGUF file's metadata.
public enum GGUFValue: Sendable {
  /// An unsigned integer of 8 to 64 bits.
  case unsigned(UInt64)
  /// A signed integer of 8 to 64 bits.
  case signed(Int64)
  /// A float of 32 or 64 bits.
  case float(Double)
  /// A truth value.
  case bool(Bool)
  /// A text as its bytes, which need not be UTF-8.
  case string([UInt8])
  /// Several values of one type, left in the file.
  case array(GGUFArray)

  /// An integer that `Int` holds; nil for anything else.
  public var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A float or an integer; nil for anything else.
  public var number: Double? {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// A truth value; nil for anything else.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// A string's bytes; nil for anything else.
  public var bytes: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }

  /// A string that is UTF-8; nil for anything else.
  public var string: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

  /// An array; nil for anything else.
  public var array: GGUFArray? { if case .array(let array) = self { array } else { nil } }
}

/// The types that a GGUF file's metadata has.
enum GGUFType: UInt32 {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// Bytes a value; nil where they vary.
  var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}
