import PluginAPI

/// BERT's pooler: tanh of a linear layer over each sequence's first token. The tagger does not use it; sentence-level users do.
public final class Pooler: Sendable {
  /// `pooler.dense.weight` and `pooler.dense.bias`.
  public let parameters: [Parameter]
  private let dense: Linear

  /// A pooler with zero weights.
  public init(config: TransformerConfig) {
    let weight = Parameter("pooler.dense.weight", group: "pooler", value: Tensor(zeros: [config.hidden, config.hidden]))
    let bias = Parameter("pooler.dense.bias", group: "pooler", value: Tensor(zeros: [config.hidden]))
    parameters = [weight, bias]
    dense = Linear(weight: weight.value, bias: bias.value, dweight: weight.gradient, dbias: bias.gradient)
  }

  /// [sequences, hidden] from the last hidden states [tokens, hidden]; the pullback gives the gradient of those.
  public func forward(_ hidden: Tensor, offsets: [Int32]) -> Forward<Tensor, Tensor, Tensor> {
    let sequences = offsets.count - 1, h = hidden.shape[1]
    let first = Tensor(zeros: [sequences, h]), y = Tensor(zeros: [sequences, h])
    for s in 0..<sequences { (first.data + s * h).update(from: hidden.data + Int(offsets[s]) * h, count: h) }
    Kernels.linear(y.data, first.data, weight: dense.weight, bias: dense.bias, rows: sequences)
    Kernels.tanh(y.data, y.data, count: y.count)
    return Forward(y) { [dense] dy in
      let dpre = dy.copy(), dfirst = Tensor(zeros: dy.shape), dhidden = Tensor(zeros: hidden.shape)
      Kernels.tanhBackward(dpre.data, y: y.data, count: y.count)
      Kernels.linearBackward(
        dfirst.data, dweight: dense.dweight, dbias: dense.dbias, dy: dpre.data, x: first.data, weight: dense.weight,
        rows: sequences)
      for s in 0..<sequences { (dhidden.data + Int(offsets[s]) * h).update(from: dfirst.data + s * h, count: h) }
      return dhidden
    }
  }
}
