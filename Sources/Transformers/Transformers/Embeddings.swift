import PluginAPI

/// Word, position and token-type embeddings, summed, normalised and dropped out.
struct Embeddings: Sendable {
  let word: Parameter, position: Parameter, type: Parameter
  let norm: Norm
  let parameters: [Parameter]

  init(config: TransformerConfig) {
    let h = config.hidden
    func table(_ name: String, _ rows: Int) -> Parameter {
      Parameter("embeddings.\(name)_embeddings.weight", group: "encoder", table: Tensor(zeros: [rows, h]))
    }
    word = table("word", config.vocabulary)
    position = table("position", config.positions)
    type = table("token_type", config.types)
    var parameters = [word, position, type]
    norm = Norm("embeddings.LayerNorm", width: h, into: &parameters)
    self.parameters = parameters
  }
}

/// What the embeddings' backward pass needs.
struct EmbeddingActivations {
  let sum: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>, rstd: UnsafeMutablePointer<Float>
}

extension Embeddings {
  /// y[tokens, hidden] of packed tokens.
  func forward(
    _ y: UnsafeMutablePointer<Float>, _ tokens: PackedTokens, pass: Pass, config: TransformerConfig, workspace: Workspace
  ) -> EmbeddingActivations {
    let n = pass.tokens, h = config.hidden
    let a = EmbeddingActivations(sum: workspace.take(n * h), mean: workspace.take(n), rstd: workspace.take(n))
    Kernels.embedding(a.sum, table: word.value, ids: tokens.ids)
    Kernels.embedding(a.sum, table: position.value, ids: tokens.positions, accumulate: true)
    Kernels.embedding(a.sum, table: type.value, ids: tokens.types, accumulate: true)
    Kernels.layerNorm(
      y, mean: a.mean, rstd: a.rstd, a.sum, weight: norm.weight, bias: norm.bias, rows: n, epsilon: config.epsilon)
    Kernels.dropout(y, count: n * h, probability: pass.hiddenDropout, key: pass.key(-1, .embeddings))
    return a
  }

  /// Accumulates the tables' gradients from dy, which is overwritten.
  func backward(
    _ dy: UnsafeMutablePointer<Float>, _ a: EmbeddingActivations, _ tokens: PackedTokens, pass: Pass,
    config: TransformerConfig
  ) {
    let n = pass.tokens
    Kernels.dropout(dy, count: n * config.hidden, probability: pass.hiddenDropout, key: pass.key(-1, .embeddings))
    Kernels.layerNormBackward(
      dy, dweight: norm.dweight, dbias: norm.dbias, dy: dy, x: a.sum, mean: a.mean, rstd: a.rstd, weight: norm.weight,
      rows: n)
    for (table, ids) in [(word, tokens.ids), (position, tokens.positions), (type, tokens.types)] {
      Kernels.embeddingBackward(dtable: table.gradient, dy: dy, ids: ids)
      table.touched?.formUnion(ids)
    }
  }
}
