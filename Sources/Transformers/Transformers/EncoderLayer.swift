import PluginAPI

/// The weights of one post-LN encoder layer, named as in the checkpoint.
///
/// Query, key and value stand in one [3·hidden, hidden] matrix, so that one product gives all three; each is a parameter of its own.
struct EncoderLayer: Sendable {
  let index: Int
  let qkv: Linear, output: Linear
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

/// What a layer's backward pass needs of its forward pass. All [tokens, …].
struct LayerActivations {
  let x: UnsafeMutablePointer<Float>  // [tokens, hidden] the layer's input
  let qkv: UnsafeMutablePointer<Float>  // [tokens, 3·hidden]
  let lse: UnsafeMutablePointer<Float>  // [tokens, heads] log-sum-exp of the scores
  let attended: UnsafeMutablePointer<Float>  // [tokens, hidden]
  let sum1: UnsafeMutablePointer<Float>, mean1: UnsafeMutablePointer<Float>, rstd1: UnsafeMutablePointer<Float>
  let y1: UnsafeMutablePointer<Float>  // [tokens, hidden] after the first norm
  let pre: UnsafeMutablePointer<Float>, act: UnsafeMutablePointer<Float>  // [tokens, intermediate] around GELU; one in inference
  let sum2: UnsafeMutablePointer<Float>, mean2: UnsafeMutablePointer<Float>, rstd2: UnsafeMutablePointer<Float>
}

extension EncoderLayer {
  /// y[tokens, hidden] from x; dropout where `pass` trains.
  func forward(
    _ y: UnsafeMutablePointer<Float>, x: UnsafeMutablePointer<Float>, pass: Pass, config: TransformerConfig,
    workspace: Workspace
  ) -> LayerActivations {
    let n = pass.tokens, h = config.hidden
    let pre = workspace.take(n * config.intermediate)
    let a = LayerActivations(
      x: x, qkv: workspace.take(n * 3 * h), lse: workspace.take(n * config.heads), attended: workspace.take(n * h),
      sum1: workspace.take(n * h), mean1: workspace.take(n), rstd1: workspace.take(n), y1: workspace.take(n * h),
      pre: pre, act: pass.training ? workspace.take(n * config.intermediate) : pre,
      sum2: workspace.take(n * h), mean2: workspace.take(n), rstd2: workspace.take(n))
    qkv.forward(a.qkv, x, pass: pass)
    Kernels.attention(
      a.attended, lse: a.lse, qkv: a.qkv, offsets: pass.offsets, heads: config.heads, hidden: h,
      dropout: pass.attentionDropout, key: pass.key(index, .attention), precision: pass.precision)
    output.forward(a.sum1, a.attended, pass: pass)
    Kernels.residualLayerNorm(
      a.y1, sum: a.sum1, mean: a.mean1, rstd: a.rstd1, residual: x, weight: attentionNorm.weight, bias: attentionNorm.bias,
      rows: n, epsilon: config.epsilon, dropout: pass.hiddenDropout, key: pass.key(index, .projection))
    up.forward(a.pre, a.y1, pass: pass, gelu: a.act)
    down.forward(a.sum2, a.act, pass: pass)
    Kernels.residualLayerNorm(
      y, sum: a.sum2, mean: a.mean2, rstd: a.rstd2, residual: a.y1, weight: norm.weight, bias: norm.bias, rows: n,
      epsilon: config.epsilon, dropout: pass.hiddenDropout, key: pass.key(index, .feedForward))
    return a
  }

  /// dx[tokens, hidden] from dy, in place: `d` holds dy and then dx.
  func backward(
    _ d: UnsafeMutablePointer<Float>, _ a: LayerActivations, pass: Pass, config: TransformerConfig, workspace: Workspace
  ) {
    let n = pass.tokens, h = config.hidden
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let dbranch = workspace.take(n * h), dact = workspace.take(n * config.intermediate)
    let dqkv = workspace.take(n * 3 * h), dattended = workspace.take(n * h)

    Kernels.residualLayerNormBackward(
      d, dbranch: dbranch, dweight: norm.dweight, dbias: norm.dbias, dy: d, sum: a.sum2, mean: a.mean2, rstd: a.rstd2,
      weight: norm.weight, rows: n, dropout: pass.hiddenDropout, key: pass.key(index, .feedForward))  // d = dsum2
    down.backward(dact, dy: dbranch, x: a.act, pass: pass, geluOf: a.pre)
    up.backward(dbranch, dy: dact, x: a.y1, pass: pass)
    Kernels.add(d, dbranch, count: n * h)  // d = dy1

    Kernels.residualLayerNormBackward(
      d, dbranch: dbranch, dweight: attentionNorm.dweight, dbias: attentionNorm.dbias, dy: d, sum: a.sum1, mean: a.mean1,
      rstd: a.rstd1, weight: attentionNorm.weight, rows: n, dropout: pass.hiddenDropout,
      key: pass.key(index, .projection))  // d = dsum1
    output.backward(dattended, dy: dbranch, x: a.attended, pass: pass)
    Kernels.attentionBackward(
      dqkv, dout: dattended, out: a.attended, lse: a.lse, qkv: a.qkv, offsets: pass.offsets, heads: config.heads, hidden: h,
      dropout: pass.attentionDropout, key: pass.key(index, .attention), precision: pass.precision)
    qkv.backward(dbranch, dy: dqkv, x: a.x, pass: pass)
    Kernels.add(d, dbranch, count: n * h)
  }
}
