import PluginAPI

/// y = x · weightᵀ + bias, weight [out, in].
final class Linear: @unchecked Sendable {
  let weight: Tensor, bias: Tensor, dweight: Tensor, dbias: Tensor
  /// The weight as inference reads it, and the version that it was made of. Training changes weights at every step: there the
  /// products pack for themselves, which costs them one or two per cent and no memory.
  private var packed: (matrix: PackedMatrix, version: Int, precision: Precision)?

  init(weight: Tensor, bias: Tensor, dweight: Tensor, dbias: Tensor) {
    (self.weight, self.bias, self.dweight, self.dbias) = (weight, bias, dweight, dbias)
  }

  /// y[rows, out] from x[rows, in]; gelu(y) goes to `gelu` where that is wanted.
  func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, pass: Pass, gelu: UnsafeMutablePointer<Float>? = nil
  ) {
    guard !pass.training else {
      packed = nil
      return Kernels.linear(y, x, weight: weight, bias: bias, rows: pass.tokens, precision: pass.precision, gelu: gelu)
    }
    if packed?.version != weight.version || packed?.precision != pass.precision {
      packed = (PackedMatrix(weight, precision: pass.precision), weight.version, pass.precision)
    }
    if let packed { Kernels.linear(y, x, weight: packed.matrix, bias: bias, rows: pass.tokens, gelu: gelu) }
  }

  /// dx[rows, in] from dy[rows, out]; gradients of weight and bias accumulate. Where x was gelu(`geluOf`), dx goes on through it.
  func backward(
    _ dx: UnsafeMutablePointer<Float>, dy: UnsafePointer<Float>, x: UnsafePointer<Float>, pass: Pass,
    geluOf: UnsafePointer<Float>? = nil
  ) {
    Kernels.linearBackward(
      dx, dweight: dweight, dbias: dbias, dy: dy, x: x, weight: weight, rows: pass.tokens, precision: pass.precision,
      geluOf: geluOf)
  }
}
