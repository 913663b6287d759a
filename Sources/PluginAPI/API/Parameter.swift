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

  /// A parameter whose gradient memory is made here.
  public init(_ name: String, group: String, value: Tensor, gradient: Tensor? = nil) {
    self.name = name
    self.group = group
    self.value = value
    self.gradient = gradient ?? Tensor(zeros: value.shape)
  }
}
