import PluginAPI

/// A post-LN transformer encoder (BERT, Devlin et al. 2019; RoBERTa) over packed tokens, with explicit forward and backward passes.
/// One pass runs at a time, forward or backward: who shares an encoder sees to it.
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

  /// The last hidden states [rows, hidden] of the tokens `rows`, or of all.
  func infer(_ tokens: PackedTokens, rows: TokenSelection?) -> Tensor {
    infer(tokens, rows: rows, each: { _, _ in })
  }

  /// The last hidden states [tokens, hidden]; `each` sees every layer's output on the way, the embeddings' first. The next layer
  /// overwrites it.
  public func infer(_ tokens: PackedTokens, each: (Int, Tensor) -> Void = { _, _ in }) -> Tensor {
    infer(tokens, rows: nil, each: each)
  }

  /// The states [tokens, hidden] behind the first `layers` layers.
  func infer(_ tokens: PackedTokens, layers: Int) -> Tensor {
    infer(tokens, rows: nil, layers: layers, each: { _, _ in })
  }

  private func infer(
    _ tokens: PackedTokens, rows: TokenSelection?, layers count: Int? = nil, each: (Int, Tensor) -> Void
  ) -> Tensor {
    let workspace = workspaces.borrow()
    defer { workspaces.giveBack(workspace) }
    let n = tokens.count, h = config.hidden
    let pass = Pass(inferring: tokens, precision: precision)
    var state = Tensor(zeros: [n, h])
    let mark = workspace.mark
    _ = embeddings.forward(state.data, tokens, pass: pass, config: config, workspace: workspace)
    each(0, state)
    for layer in layers.prefix(count ?? layers.count) {
      workspace.release(to: mark)
      let selection = layer.index == layers.count - 1 ? rows : nil
      // A layer reads its input for the last time before it writes.
      let next = selection.map { Tensor(zeros: [$0.rows.count, h]) } ?? state
      _ = layer.forward(next.data, x: state.data, selection: selection, pass: pass, config: config, workspace: workspace)
      state = next
      each(layer.index + 1, state)
    }
    return state
  }

  /// The last hidden states [tokens, hidden] and the way back; `dropout` overrides the configuration's probabilities.
  public func forward(
    _ tokens: PackedTokens, dropout: Float?, random: RandomStream
  ) -> Forward<Tensor, Tensor, Void> {
    forward(tokens, rows: nil, dropout: dropout, random: random)
  }

  /// The same [rows, hidden] of the tokens `rows`, or of all.
  func forward(
    _ tokens: PackedTokens, rows: TokenSelection?, dropout: Float?, random: RandomStream
  ) -> Forward<Tensor, Tensor, Void> {
    let workspace = workspaces.borrow()
    let n = tokens.count, h = config.hidden
    let pass = Pass(
      training: tokens, precision: precision, hiddenDropout: dropout ?? config.hiddenDropout,
      attentionDropout: dropout ?? config.attentionDropout, random: random)
    let last = Tensor(zeros: [rows?.rows.count ?? n, h])
    var x = workspace.take(n * h)
    let embedded = embeddings.forward(x, tokens, pass: pass, config: config, workspace: workspace)
    var activations: [LayerActivations] = []
    for layer in layers {
      let isLast = layer.index == layers.count - 1, y = isLast ? last.data : workspace.take(n * h)
      activations.append(
        layer.forward(y, x: x, selection: isLast ? rows : nil, pass: pass, config: config, workspace: workspace))
      x = y
    }
    let lease = Lease(workspace, workspaces)
    return Forward(last) { [self] dlast in
      let workspace = lease.workspace
      var dy = workspace.take(dlast.count)
      dy.update(from: dlast.data, count: dlast.count)
      let dx = rows == nil ? dy : workspace.take(n * h)
      for (layer, a) in zip(layers, activations).reversed() {
        let selection = layer.index == layers.count - 1 ? rows : nil
        layer.backward(dx, dy: dy, a, selection: selection, pass: pass, config: config, workspace: workspace)
        dy = dx
      }
      embeddings.backward(dx, embedded, tokens, pass: pass, config: config)
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
