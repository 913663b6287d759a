/// The result of a forward pass and, once, the way back.
///
/// `backward` consumes the value, so that calling it twice does not compile. In inference mode no activations are kept and
/// `backward` throws.
public struct Forward<Value, Cotangent, Back>: ~Copyable {
  /// The result.
  public let value: Value
  private let pullback: (Cotangent) throws -> Back

  /// A result and its pullback, which accumulates into the plugin's parameters and returns the gradient of the input; it may throw.
  public init(_ value: Value, pullback: @escaping (Cotangent) throws -> Back) {
    self.value = value
    self.pullback = pullback
  }

  /// Propagates the gradient of ``value`` back, once. Throws what the pullback throws, and in inference mode.
  public consuming func backward(_ cotangent: Cotangent) throws -> Back { try pullback(cotangent) }
}
