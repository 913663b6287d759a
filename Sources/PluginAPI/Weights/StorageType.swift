import CalmNumerics

/// Storage types of tensors in model files. The raw value is the name that safetensors or GGUF has for it.
public enum StorageType: String, Sendable, Codable {
  case float64 = "F64", float32 = "F32", float16 = "F16", bfloat16 = "BF16"
  case int64 = "I64", int32 = "I32", int16 = "I16", int8 = "I8", uint8 = "U8", bool = "BOOL"
  case q4_0 = "Q4_0", q4_1 = "Q4_1", q5_0 = "Q5_0", q5_1 = "Q5_1", q8_0 = "Q8_0"
  case q2_K = "Q2_K", q3_K = "Q3_K", q4_K = "Q4_K", q5_K = "Q5_K", q6_K = "Q6_K"

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
