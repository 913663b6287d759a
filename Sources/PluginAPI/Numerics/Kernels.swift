internal import CNumerics

/// Matrix products and the layers of a transformer, forward and backward side by side.
///
/// Shapes are in the comments; a `d` prefix names a gradient; gradients of parameters accumulate, others are overwritten.
/// Work is split over ``Threads`` in chunks whose results do not depend on the thread that ran them.
public enum Kernels {
  /// C[m, n] = alpha · op(A) · op(B) + beta · C, row-major with leading dimensions.
  public static func gemm(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    calm_gemm(
      transposeA ? 1 : 0, transposeB ? 1 : 0, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb), beta, c,
      Int32(ldc))
  }

  /// y[rows, out] = x[rows, in] · weight[out, in]ᵀ + bias[out]; gelu(y) goes to `gelu` where that is wanted.
  public static func linear(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, weight: Tensor, bias: Tensor?, rows: Int,
    precision: Precision = .fp32, gelu: UnsafeMutablePointer<Float>? = nil
  ) {
    calm_linear_forward(
      precision.c, y, gelu, x, weight.data, bias?.data, Int32(rows), Int32(weight.shape[1]), Int32(weight.shape[0]))
  }

  /// The same with a weight that was packed before.
  public static func linear(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, weight: PackedMatrix, bias: Tensor?, rows: Int,
    gelu: UnsafeMutablePointer<Float>? = nil
  ) {
    guard let packed = weight.packed else { return }
    var epilogue = calm_epilogue(bias: bias.map { UnsafePointer($0.data) }, gelu: gelu, gelu_of: nil, accumulate: 0)
    calm_matmul(y, Int32(weight.columns), x, Int32(weight.depth), 0, packed, Int32(rows), &epilogue)
  }

  /// dx[rows, in] (nil: not wanted), dweight and dbias from dy[rows, out]. Where x was gelu(`geluOf`), dx goes on through it.
  public static func linearBackward(
    _ dx: UnsafeMutablePointer<Float>?, dweight: Tensor?, dbias: Tensor?, dy: UnsafePointer<Float>,
    x: UnsafePointer<Float>, weight: Tensor, rows: Int, precision: Precision = .fp32, geluOf: UnsafePointer<Float>? = nil
  ) {
    precondition(precision != .int8, "int8 is for inference: it gives no gradients")
    calm_linear_backward(
      precision.c, dx, dweight?.data, dbias?.data, dy, x, weight.data, geluOf, Int32(rows), Int32(weight.shape[1]),
      Int32(weight.shape[0]))
  }

  /// y = x · Φ(x), the exact form.
  public static func gelu(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int) {
    calm_gelu_forward(y, x, count)
  }

  /// dy ← dy · (Φ(x) + x · φ(x))
  public static func geluBackward(_ dy: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>, count: Int) {
    calm_gelu_backward(dy, x, count)
  }

  /// y = tanh(x)
  public static func tanh(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int) {
    calm_tanh_forward(y, x, count)
  }

  /// dy ← dy · (1 − y²)
  public static func tanhBackward(_ dy: UnsafeMutablePointer<Float>, y: UnsafePointer<Float>, count: Int) {
    calm_tanh_backward(dy, y, count)
  }

  /// x ← 0 with probability `p`, else x / (1 − p). The mask is a function of (key, index): the backward pass is the same
  /// call on the gradient.
  public static func dropout(_ x: UnsafeMutablePointer<Float>, count: Int, probability p: Float, key: UInt64) {
    calm_dropout(x, count, p, key)
  }

  /// y += x
  public static func add(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int) {
    calm_add(y, x, count)
  }

  /// Layer normalisation of rows [rows, width]; mean and rstd [rows] are kept for the backward pass.
  public static func layerNorm(
    _ y: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>, rstd: UnsafeMutablePointer<Float>,
    _ x: UnsafePointer<Float>, weight: Tensor, bias: Tensor, rows: Int, epsilon: Float
  ) {
    calm_layernorm_forward(y, mean, rstd, x, weight.data, bias.data, Int32(rows), Int32(weight.count), epsilon)
  }

  /// dx[rows, width], which may be dy; dweight and dbias accumulate.
  public static func layerNormBackward(
    _ dx: UnsafeMutablePointer<Float>, dweight: Tensor, dbias: Tensor, dy: UnsafePointer<Float>,
    x: UnsafePointer<Float>, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>, weight: Tensor, rows: Int
  ) {
    calm_layernorm_backward(
      dx, dweight.data, dbias.data, dy, x, mean, rstd, weight.data, Int32(rows), Int32(weight.count))
  }

  /// sum ← dropout(sum) + residual, y = the layer normalisation of it: the end of each half of an encoder layer. All [rows, width].
  public static func residualLayerNorm(
    _ y: UnsafeMutablePointer<Float>, sum: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    rstd: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>, weight: Tensor, bias: Tensor, rows: Int,
    epsilon: Float, dropout: Float = 0, key: UInt64 = 0
  ) {
    calm_residual_layernorm_forward(
      y, sum, mean, rstd, residual, weight.data, bias.data, Int32(rows), Int32(weight.count), epsilon, dropout, key)
  }

  /// dx (which may be dy) is the residual's gradient, dbranch = dropout(dx) the branch's.
  public static func residualLayerNormBackward(
    _ dx: UnsafeMutablePointer<Float>, dbranch: UnsafeMutablePointer<Float>, dweight: Tensor, dbias: Tensor,
    dy: UnsafePointer<Float>, sum: UnsafePointer<Float>, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>,
    weight: Tensor, rows: Int, dropout: Float = 0, key: UInt64 = 0
  ) {
    calm_residual_layernorm_backward(
      dx, dbranch, dweight.data, dbias.data, dy, sum, mean, rstd, weight.data, Int32(rows), Int32(weight.count), dropout, key)
  }

  /// Multi-head attention within each packed sequence; lse [queries, heads] keeps the log-sum-exp of each row of scores.
  public static func attention(
    _ out: UnsafeMutablePointer<Float>, lse: UnsafeMutablePointer<Float>, _ input: AttentionInput, precision: Precision = .fp32
  ) {
    input.withShape { calm_attention_forward(precision.c, out, lse, input.q, input.k, input.v, $0) }
  }

  /// dq, dk and dv, laid out as q, k and v, from dout [queries, hidden] and what the forward pass gave; probabilities are
  /// recomputed from `lse`.
  public static func attentionBackward(
    dq: UnsafeMutablePointer<Float>, dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>,
    dout: UnsafePointer<Float>, out: UnsafePointer<Float>, lse: UnsafePointer<Float>, _ input: AttentionInput,
    precision: Precision = .fp32
  ) {
    input.withShape {
      calm_attention_backward(precision.c, dq, dk, dv, dout, out, lse, input.q, input.k, input.v, $0)
    }
  }

  /// y[row] = table[ids[row]], or += where `accumulate`.
  public static func embedding(
    _ y: UnsafeMutablePointer<Float>, table: Tensor, ids: [Int32], accumulate: Bool = false
  ) {
    calm_embedding_forward(y, table.data, ids, Int32(ids.count), Int32(table.shape[1]), accumulate ? 1 : 0)
  }

  /// dtable[ids[row]] += dy[row], in row order.
  public static func embeddingBackward(dtable: Tensor, dy: UnsafePointer<Float>, ids: [Int32]) {
    calm_embedding_backward(dtable.data, dy, ids, Int32(ids.count), Int32(dtable.shape[1]))
  }

  /// One AdamW step with decoupled weight decay, in the arithmetic order of PyTorch's.
  public static func adamW(value: Tensor, m: Tensor, v: Tensor, gradient: Tensor, _ rule: AdamWRule) {
    var c = rule.c
    calm_adamw(value.data, m.data, v.data, gradient.data, value.count, &c)
    value.changed()
  }

  /// The same, bit for bit, of a table [rows, width] whose gradient and moments are zero outside the rows in `seen`: their step
  /// is the decay alone, so that the cost follows the rows that were ever seen.
  public static func adamW(
    table value: Tensor, m: Tensor, v: Tensor, gradient: Tensor, seen: RowSet, _ rule: AdamWRule
  ) {
    var c = rule.c
    calm_adamw_table(
      value.data, m.data, v.data, gradient.data, Int32(value.shape[0]), Int32(value.shape[1]), seen.rows,
      Int32(seen.rows.count), seen.marks, &c)
    value.changed()
  }

  /// Exact conversion of IEEE half-precision storage.
  public static func float32(_ y: UnsafeMutablePointer<Float>, fromHalf x: UnsafePointer<UInt16>, count: Int) {
    calm_fp16_to_fp32(y, x, count)
  }

  /// Exact conversion of bfloat16 storage.
  public static func float32(_ y: UnsafeMutablePointer<Float>, fromBFloat16 x: UnsafePointer<UInt16>, count: Int) {
    calm_bf16_to_fp32(y, x, count)
  }
}
