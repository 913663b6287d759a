internal import CNumerics

/// The block types of GGUF files: a block is some numbers as integers of a few bits and the scales that they are multiplied with.
/// Names and layouts are those of the format.
@frozen public enum BlockType: String, Sendable, CaseIterable, Codable {
  /// 32 numbers of 4 bits, a scale.
  case q4_0 = "Q4_0"
  /// 32 numbers of 4 bits, a scale and a least value.
  case q4_1 = "Q4_1"
  /// 32 numbers of 5 bits, a scale.
  case q5_0 = "Q5_0"
  /// 32 numbers of 5 bits, a scale and a least value.
  case q5_1 = "Q5_1"
  /// 32 numbers of 8 bits, a scale.
  case q8_0 = "Q8_0"
  /// 256 numbers of 2 bits, 16 sub-blocks with scales and least values of their own.
  case q2_K = "Q2_K"
  /// 256 numbers of 3 bits, 16 sub-blocks with scales of their own.
  case q3_K = "Q3_K"
  /// 256 numbers of 4 bits, 8 sub-blocks with scales and least values of their own.
  case q4_K = "Q4_K"
  /// 256 numbers of 5 bits, 8 sub-blocks with scales and least values of their own.
  case q5_K = "Q5_K"
  /// 256 numbers of 6 bits, 16 sub-blocks with scales of their own.
  case q6_K = "Q6_K"

  /// Numbers a block.
  public var elements: Int { calm_block_elements(c) }

  /// Bytes a block.
  public var bytes: Int { calm_block_bytes(c) }

  var c: calm_block_type {
    switch self {
    case .q4_0: CALM_Q4_0
    case .q4_1: CALM_Q4_1
    case .q5_0: CALM_Q5_0
    case .q5_1: CALM_Q5_1
    case .q8_0: CALM_Q8_0
    case .q2_K: CALM_Q2_K
    case .q3_K: CALM_Q3_K
    case .q4_K: CALM_Q4_K
    case .q5_K: CALM_Q5_K
    case .q6_K: CALM_Q6_K
    }
  }
}

extension Kernels {
  /// y[count] from blocks at any address; `count` is a multiple of the block's. The numbers are the same on every processor.
  public static func dequantise(
    _ y: UnsafeMutablePointer<Float>, _ type: BlockType, _ blocks: UnsafeRawPointer, count: Int
  ) {
    precondition(count % type.elements == 0, "\(count) numbers are no whole blocks of \(type.rawValue)")
    calm_dequantise(type.c, y, blocks, count)
  }
}
