internal import CNumerics

/// How matrix products round their operands. Sums, weights, gradients and everything between the products stay float32.
@frozen public enum Precision: String, Sendable, CaseIterable, Codable {
  /// Exact float32: the mode in which results are compared with other programs.
  case fp32
  /// Operands rounded to bfloat16, sums in float32: training and inference.
  case bf16
  /// Operands scaled to 8 bits, each row of the left and each column of the weights by its greatest value; attention in bf16.
  /// Inference only.
  case int8

  var c: calm_precision {
    switch self {
    case .fp32: CALM_FP32
    case .bf16: CALM_BF16
    case .int8: CALM_INT8
    }
  }
}

/// A weight [columns, depth] in the order in which the kernels of one precision read it. Worth making where it is used more
/// than once; the other products pack for themselves.
public final class PackedMatrix: @unchecked Sendable {
  /// Rows of the weight: what a product with it gives.
  public let columns: Int
  /// Its columns: what is summed over.
  public let depth: Int
  let packed: OpaquePointer?

  /// Packs `weight` [out, in].
  public init(_ weight: Tensor, precision: Precision) {
    (columns, depth) = (weight.shape[0], weight.shape[1])
    packed = calm_pack(precision.c, weight.data, Int32(depth), 1, Int32(columns), Int32(depth))
    precondition(packed != nil, "no memory for a packed weight \(weight.shape)")
  }

  /// Bytes that it takes.
  public var bytes: Int { packed.map { calm_packed_bytes($0) } ?? 0 }

  deinit { calm_packed_free(packed) }
}
