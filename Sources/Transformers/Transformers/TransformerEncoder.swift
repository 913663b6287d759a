import PluginAPI

/// A post-LN transformer encoder (BERT, Devlin et al. 2019; RoBERTa) over packed tokens, with explicit forward and backward passes.
public final class TransformerEncoder: @unchecked Sendable {
  /// The sizes.
  public let config: TransformerConfig
  /// How matrix products round; ``Precision/int8`` only infers.
  public let precision: Precision
  let embeddings: Embeddings
  let layers: [EncoderLayer]
  private let workspaces = WorkspacePool()

  /// An encoder with zero weights; ``load(_:log:)`` fills them.
  public init(config: TransformerConfig, precision: Precision = .fp32) {
    self.config = config
    self.precision = precision
    embeddings = Embeddings(config: config)
    layers = (0..<config.layers).map { EncoderLayer(index: $0, config: config) }
  }

  /// All weights, named as in a bare Hugging Face checkpoint.
  public var parameters: [Parameter] { embeddings.parameters + layers.flatMap(\.parameters) }

  /// The last hidden states [tokens, hidden]; `each` sees every layer's output on the way, the embeddings' first.
  public func infer(_ tokens: PackedTokens, each: (Int, Tensor) -> Void = { _, _ in }) -> Tensor {
    let workspace = workspaces.borrow()
    defer { workspaces.giveBack(workspace) }
    let n = tokens.count, h = config.hidden
    let pass = Pass(inferring: tokens, precision: precision)
    let state = Tensor(zeros: [n, h]), next = workspace.take(n * h)
    let mark = workspace.mark
    _ = embeddings.forward(state.data, tokens, pass: pass, config: config, workspace: workspace)
    each(0, state)
    for layer in layers {
      workspace.release(to: mark)
      _ = layer.forward(next, x: state.data, pass: pass, config: config, workspace: workspace)
      state.data.update(from: next, count: n * h)
      each(layer.index + 1, state)
    }
    return state
  }

  /// The last hidden states [tokens, hidden] and the way back; `dropout` overrides the configuration's probabilities.
  public func forward(
    _ tokens: PackedTokens, dropout: Float?, random: RandomStream
  ) -> Forward<Tensor, Tensor, Void> {
    let workspace = workspaces.borrow()
    let n = tokens.count, h = config.hidden
    let pass = Pass(
      training: tokens, precision: precision, hiddenDropout: dropout ?? config.hiddenDropout,
      attentionDropout: dropout ?? config.attentionDropout, random: random)
    var x = workspace.take(n * h)
    let embedded = embeddings.forward(x, tokens, pass: pass, config: config, workspace: workspace)
    var activations: [LayerActivations] = []
    for layer in layers {
      let y = workspace.take(n * h)
      activations.append(layer.forward(y, x: x, pass: pass, config: config, workspace: workspace))
      x = y
    }
    let last = Tensor(zeros: [n, h])
    last.data.update(from: x, count: n * h)
    let lease = Lease(workspace, workspaces)
    return Forward(last) { [self] dlast in
      let workspace = lease.workspace
      let d = workspace.take(n * h)
      d.update(from: dlast.data, count: n * h)
      for (layer, a) in zip(layers, activations).reversed() {
        layer.backward(d, a, pass: pass, config: config, workspace: workspace)
      }
      embeddings.backward(d, embedded, tokens, pass: pass, config: config)
    }
  }
}

/// Gives a workspace back when the forward pass that holds it is gone, whether or not it was propagated back.
private final class Lease: Sendable {
  let workspace: Workspace
  private let pool: WorkspacePool

  init(_ workspace: Workspace, _ pool: WorkspacePool) { (self.workspace, self.pool) = (workspace, pool) }
  deinit { pool.giveBack(workspace) }
}
