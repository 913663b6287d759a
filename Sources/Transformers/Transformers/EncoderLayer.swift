import PluginAPI

/// The weights of one post-LN encoder layer, named as in the checkpoint.
///
/// Query, key and value stand in one [3·hidden, hidden] matrix, so that one product gives all three (or two of them, where not
/// all tokens ask); each is a parameter of its own.
struct EncoderLayer: Sendable {
  let index: Int
  let qkv: Linear, query: Linear, keyValue: Linear
  let output: Linear
  let attentionNorm: Norm
  let up: Linear, down: Linear
  let norm: Norm
  let parameters: [Parameter]

  init(index: Int, config: TransformerConfig) {
    self.index = index
    let h = config.hidden, prefix = "encoder.layer.\(index)."
    let weight = Tensor(zeros: [3 * h, h]), dweight = Tensor(zeros: [3 * h, h])
    let bias = Tensor(zeros: [3 * h]), dbias = Tensor(zeros: [3 * h])
    qkv = Linear(weight: weight, bias: bias, dweight: dweight, dbias: dbias)
    query = qkv.rows(0..<h)
    keyValue = qkv.rows(h..<3 * h)
    var parameters: [Parameter] = []
    for (i, part) in ["query", "key", "value"].enumerated() {
      let name = prefix + "attention.self.\(part)."
      parameters.append(
        Parameter(
          name + "weight", group: "encoder", value: weight.rows(i * h..<(i + 1) * h),
          gradient: dweight.rows(i * h..<(i + 1) * h)))
      parameters.append(
        Parameter(
          name + "bias", group: "encoder", value: bias.rows(i * h..<(i + 1) * h), gradient: dbias.rows(i * h..<(i + 1) * h)))
    }
    func linear(_ name: String, _ rows: Int, _ columns: Int) -> Linear {
      let w = Parameter(prefix + name + ".weight", group: "encoder", value: Tensor(zeros: [rows, columns]))
      let b = Parameter(prefix + name + ".bias", group: "encoder", value: Tensor(zeros: [rows]))
      parameters += [w, b]
      return Linear(weight: w.value, bias: b.value, dweight: w.gradient, dbias: b.gradient)
    }
    output = linear("attention.output.dense", h, h)
    attentionNorm = Norm(prefix + "attention.output.LayerNorm", width: h, into: &parameters)
    up = linear("intermediate.dense", config.intermediate, h)
    down = linear("output.dense", h, config.intermediate)
    norm = Norm(prefix + "output.LayerNorm", width: h, into: &parameters)
    self.parameters = parameters
  }
}

/// Layer normalisation's scale and shift.
struct Norm: Sendable {
  let weight: Tensor, bias: Tensor, dweight: Tensor, dbias: Tensor

  init(_ name: String, width: Int, into parameters: inout [Parameter]) {
    let w = Parameter(name + ".weight", group: "encoder", value: Tensor(zeros: [width]))
    let b = Parameter(name + ".bias", group: "encoder", value: Tensor(zeros: [width]))
    parameters += [w, b]
    (weight, bias, dweight, dbias) = (w.value, b.value, w.gradient, b.gradient)
  }
}

/// What a layer's backward pass needs of its forward pass. [tokens, …] for x and the keys; the rest is [rows, …], a row for each
/// token that asks.
struct LayerActivations {
  let x: UnsafeMutablePointer<Float>  // [tokens, hidden] the layer's input
  let asking: UnsafeMutablePointer<Float>  // [rows, hidden] the same of the tokens that ask: x where all do
  let attention: AttentionInput
  let lse: UnsafeMutablePointer<Float>  // [rows, heads] log-sum-exp of the scores
  let attended: UnsafeMutablePointer<Float>  // [rows, hidden]
  let sum1: UnsafeMutablePointer<Float>, mean1: UnsafeMutablePointer<Float>, rstd1: UnsafeMutablePointer<Float>
  let y1: UnsafeMutablePointer<Float>  // [rows, hidden] after the first norm
  let pre: UnsafeMutablePointer<Float>, act: UnsafeMutablePointer<Float>  // [rows, intermediate] around GELU; one in inference
  let sum2: UnsafeMutablePointer<Float>, mean2: UnsafeMutablePointer<Float>, rstd2: UnsafeMutablePointer<Float>
}

extension EncoderLayer {
  /// y[rows, hidden] from x[tokens, hidden]; dropout where `pass` trains. In inference y may be x where all are asked for.
  /// - Parameter selection: the tokens whose state is wanted; nil: all. The others are only asked (keys and values): after
  ///   the last layer nobody reads a context's states.
  func forward(
    _ y: UnsafeMutablePointer<Float>, x: UnsafeMutablePointer<Float>, selection: TokenSelection? = nil, pass: Pass,
    config: TransformerConfig, workspace: Workspace
  ) -> LayerActivations {
    let h = config.hidden, n = selection?.rows.count ?? pass.tokens
    let (asking, attention) = project(x, selection, pass: pass, config: config, workspace: workspace)
    let pre = workspace.take(n * config.intermediate)
    let a = LayerActivations(
      x: x, asking: asking, attention: attention, lse: workspace.take(n * config.heads), attended: workspace.take(n * h),
      sum1: workspace.take(n * h), mean1: workspace.take(n), rstd1: workspace.take(n), y1: workspace.take(n * h),
      pre: pre, act: pass.training ? workspace.take(n * config.intermediate) : pre,
      sum2: workspace.take(n * h), mean2: workspace.take(n), rstd2: workspace.take(n))
    Kernels.attention(a.attended, lse: a.lse, attention, precision: pass.precision)
    output.forward(a.sum1, a.attended, rows: n, pass: pass)
    Kernels.residualLayerNorm(
      a.y1, sum: a.sum1, mean: a.mean1, rstd: a.rstd1, residual: asking, weight: attentionNorm.weight,
      bias: attentionNorm.bias, rows: n, epsilon: config.epsilon, dropout: pass.hiddenDropout,
      key: pass.key(index, .projection))
    up.forward(a.pre, a.y1, rows: n, pass: pass, gelu: a.act)
    down.forward(a.sum2, a.act, rows: n, pass: pass)
    Kernels.residualLayerNorm(
      y, sum: a.sum2, mean: a.mean2, rstd: a.rstd2, residual: a.y1, weight: norm.weight, bias: norm.bias, rows: n,
      epsilon: config.epsilon, dropout: pass.hiddenDropout, key: pass.key(index, .feedForward))
    return a
  }

  /// The rows that ask, and the queries, keys and values.
  private func project(
    _ x: UnsafeMutablePointer<Float>, _ selection: TokenSelection?, pass: Pass, config: TransformerConfig,
    workspace: Workspace
  ) -> (UnsafeMutablePointer<Float>, AttentionInput) {
    let h = config.hidden, tokens = pass.tokens, dropout = pass.attentionDropout, key = pass.key(index, .attention)
    guard let selection else {
      let all = workspace.take(tokens * 3 * h)
      qkv.forward(all, x, rows: tokens, pass: pass)
      return (
        x, AttentionInput(qkv: all, offsets: pass.offsets, heads: config.heads, hidden: h, dropout: dropout, key: key)
      )
    }
    let rows = selection.rows.count
    let asking = workspace.take(rows * h), q = workspace.take(rows * h), kv = workspace.take(tokens * 2 * h)
    for (i, row) in selection.rows.enumerated() { (asking + i * h).update(from: x + row * h, count: h) }
    query.forward(q, asking, rows: rows, pass: pass)
    keyValue.forward(kv, x, rows: tokens, pass: pass)
    return (
      asking,
      AttentionInput(
        q: q, queries: selection.offsets, kv: kv, keys: pass.offsets, heads: config.heads, hidden: h, dropout: dropout,
        key: key)
    )
  }

  /// dx[tokens, hidden] from dy[rows, hidden], which is overwritten and is dx where all tokens were asked for.
  func backward(
    _ dx: UnsafeMutablePointer<Float>, dy d: UnsafeMutablePointer<Float>, _ a: LayerActivations,
    selection: TokenSelection? = nil, pass: Pass, config: TransformerConfig, workspace: Workspace
  ) {
    let h = config.hidden, n = selection?.rows.count ?? pass.tokens
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let dbranch = workspace.take(max(n, pass.tokens) * h), dact = workspace.take(n * config.intermediate)
    let dattended = workspace.take(n * h)

    Kernels.residualLayerNormBackward(
      d, dbranch: dbranch, dweight: norm.dweight, dbias: norm.dbias, dy: d, sum: a.sum2, mean: a.mean2, rstd: a.rstd2,
      weight: norm.weight, rows: n, dropout: pass.hiddenDropout, key: pass.key(index, .feedForward))  // d = dsum2
    down.backward(dact, dy: dbranch, x: a.act, rows: n, pass: pass, geluOf: a.pre)
    up.backward(dbranch, dy: dact, x: a.y1, rows: n, pass: pass)
    Kernels.add(d, dbranch, count: n * h)  // d = dy1

    Kernels.residualLayerNormBackward(
      d, dbranch: dbranch, dweight: attentionNorm.dweight, dbias: attentionNorm.dbias, dy: d, sum: a.sum1, mean: a.mean1,
      rstd: a.rstd1, weight: attentionNorm.weight, rows: n, dropout: pass.hiddenDropout,
      key: pass.key(index, .projection))  // d = dsum1
    output.backward(dattended, dy: dbranch, x: a.attended, rows: n, pass: pass)
    func attentionBackward(
      _ dq: UnsafeMutablePointer<Float>, _ dk: UnsafeMutablePointer<Float>, _ dv: UnsafeMutablePointer<Float>
    ) {
      Kernels.attentionBackward(
        dq: dq, dk: dk, dv: dv, dout: dattended, out: a.attended, lse: a.lse, a.attention, precision: pass.precision)
    }
    guard let selection else {
      let dqkv = workspace.take(n * 3 * h)
      attentionBackward(dqkv, dqkv + h, dqkv + 2 * h)
      qkv.backward(dbranch, dy: dqkv, x: a.x, rows: n, pass: pass)
      return Kernels.add(d, dbranch, count: n * h)
    }
    let dq = workspace.take(n * h), dkv = workspace.take(pass.tokens * 2 * h)
    attentionBackward(dq, dkv, dkv + h)
    query.backward(dbranch, dy: dq, x: a.asking, rows: n, pass: pass)
    Kernels.add(d, dbranch, count: n * h)
    keyValue.backward(dx, dy: dkv, x: a.x, rows: pass.tokens, pass: pass)
    for (i, row) in selection.rows.enumerated() { Kernels.add(dx + row * h, d + i * h, count: h) }
  }
}
