import CalmNumerics

/// Storage types of tensors in model files. The raw value is the name that safetensors or GGUF has for it.
public enum StorageType: String, Sendable, Codable {
  /// IEEE binary64.
  case float64 = "F64"
  /// IEEE binary32.
  case float32 = "F32"
  /// IEEE binary16.
  case float16 = "F16"
  /// The upper half of a binary32.
  case bfloat16 = "BF16"
  /// Signed, 8 bytes.
  case int64 = "I64"
  /// Signed, 4 bytes.
  case int32 = "I32"
  /// Signed, 2 bytes.
  case int16 = "I16"
  /// Signed, 1 byte.
  case int8 = "I8"
  /// Unsigned, 1 byte.
  case uint8 = "U8"
  /// 0 or 1 in a byte.
  case bool = "BOOL"
  /// See `BlockType.q4_0`.
  case q4_0 = "Q4_0"
  /// See `BlockType.q4_1`.
  case q4_1 = "Q4_1"
  /// See `BlockType.q5_0`.
  case q5_0 = "Q5_0"
  /// See `BlockType.q5_1`.
  case q5_1 = "Q5_1"
  /// See `BlockType.q8_0`.
  case q8_0 = "Q8_0"
  /// See `BlockType.q2_K`.
  case q2_K = "Q2_K"
  /// See `BlockType.q3_K`.
  case q3_K = "Q3_K"
  /// See `BlockType.q4_K`.
  case q4_K = "Q4_K"
  /// See `BlockType.q5_K`.
  case q5_K = "Q5_K"
  /// See `BlockType.q6_K`.
  case q6_K = "Q6_K"

  /// The type's blocks; nil where each element is stored by itself.
  public var block: BlockType? { BlockType(rawValue: rawValue) }

  /// Elements a block, 1 where each is stored by itself.
  public var blockElements: Int { block?.elements ?? 1 }

  /// Bytes a block, those of an element where each is stored by itself.
  public var blockBytes: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: block?.bytes ?? 0
    }
  }

  /// Bytes of a tensor of this type; nil for a shape that no tensor has, such as a row that is no whole number of blocks.
  public func bytes(_ shape: [Int]) -> Int? {
    var blocks = shape
    if let elements = block?.elements {
      guard let row = shape.last, row % elements == 0 else { return nil }
      blocks[shape.count - 1] = row / elements
    }
    var size = blockBytes
    for (dimension, count) in zip(shape, blocks) {
      let (product, overflow) = size.multipliedReportingOverflow(by: count)
      guard dimension >= 0, !overflow else { return nil }
      size = product
    }
    return size
  }
}
