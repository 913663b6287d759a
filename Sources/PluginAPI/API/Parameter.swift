/// A trainable tensor. Plugins accumulate into ``gradient``; the host steps, clips and clears.
public final class Parameter: @unchecked Sendable {
  /// The checkpoint's key, e.g. `encoder.layer.0.output.dense.weight`. Unique within the plugin.
  public let name: String
  /// The learning-rate group: `encoder`, `classifier`, `crf`, …
  public let group: String
  /// The weights.
  public let value: Tensor
  /// The gradient of the step so far; the same shape as ``value``.
  public let gradient: Tensor
  /// Of a table [rows, width] of which a step uses few rows: the rows whose gradient may be other than zero, which the plugin
  /// adds to as it adds to ``gradient``. The optimiser's time and memory then follow the rows that are ever used (with a weight
  /// decay it visits all). nil: any part of the gradient may be set.
  public let touched: RowSet?

  /// A parameter whose gradient memory is made here.
  public init(_ name: String, group: String, value: Tensor, gradient: Tensor? = nil) {
    self.name = name
    self.group = group
    self.value = value
    self.gradient = gradient ?? Tensor(zeros: value.shape)
    touched = nil
  }

  /// A table [rows, width] of which a step uses few rows.
  public init(_ name: String, group: String, table value: Tensor) {
    self.name = name
    self.group = group
    self.value = value
    gradient = Tensor(zeros: value.shape, sparse: true)
    touched = RowSet(of: value.shape[0])
  }

  /// Sets the gradient to zero.
  public func clearGradient() {
    guard let touched else { return gradient.clear() }
    for row in touched.rows { gradient.rows(Int(row)..<Int(row) + 1).clear() }
    touched.removeAll()
  }

  /// The sum of the gradient's squares, in a fixed order.
  public var gradientSumOfSquares: Double {
    guard let touched else { return gradient.sumOfSquares }
    return touched.rows.sorted().reduce(0) { $0 + gradient.rows(Int($1)..<Int($1) + 1).sumOfSquares }
  }
}
