import PluginAPI

/// y = x · weightᵀ + bias, weight [out, in].
final class Linear: @unchecked Sendable {
  let weight: Tensor, bias: Tensor, dweight: Tensor, dbias: Tensor
  /// The weight as inference reads it, made at the second use of one version. What is tagged once, or changes at every step of
  /// training, is packed by each product on its way. With a hundred rows of XLM-R-large that costs half of the product's time and more,
  /// with nine hundred an eighth; kept for a step's two views it would take twice the weights' memory. One pass at a time uses it.
  private var packed: (version: Int, matrix: PackedMatrix?)?

  init(weight: Tensor, bias: Tensor, dweight: Tensor, dbias: Tensor) {
    (self.weight, self.bias, self.dweight, self.dbias) = (weight, bias, dweight, dbias)
  }

  /// The linear layer of some of its outputs, over the same weights.
  func rows(_ range: Range<Int>) -> Linear {
    Linear(weight: weight.rows(range), bias: bias.rows(range), dweight: dweight.rows(range), dbias: dbias.rows(range))
  }

  /// y[rows, out] from x[rows, in]; gelu(y) goes to `gelu` where that is wanted.
  func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, pass: Pass,
    gelu: UnsafeMutablePointer<Float>? = nil
  ) {
    guard let matrix = pass.training ? forget() : packedAgain(pass.precision) else {
      return Kernels.linear(y, x, weight: weight, bias: bias, rows: rows, precision: pass.precision, gelu: gelu)
    }
    Kernels.linear(y, x, weight: matrix, bias: bias, rows: rows, gelu: gelu)
  }

  private func forget() -> PackedMatrix? {
    packed = nil
    return nil
  }

  private func packedAgain(_ precision: Precision) -> PackedMatrix? {
    if packed?.version != weight.version {
      packed = (weight.version, nil)
    } else if packed?.matrix == nil {
      packed?.matrix = PackedMatrix(weight, precision: precision)
    }
    return packed?.matrix
  }

  /// dx[rows, in] from dy[rows, out]; gradients of weight and bias accumulate. Where x was gelu(`geluOf`), dx goes on through it.
  func backward(
    _ dx: UnsafeMutablePointer<Float>, dy: UnsafePointer<Float>, x: UnsafePointer<Float>, rows: Int, pass: Pass,
    geluOf: UnsafePointer<Float>? = nil
  ) {
    Kernels.linearBackward(
      dx, dweight: dweight, dbias: dbias, dy: dy, x: x, weight: weight, rows: rows, precision: pass.precision,
      geluOf: geluOf)
  }
}
