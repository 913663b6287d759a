import PluginAPI
import Testing
import Transformers

/// Hidden states, every gradient and AdamW steps of each encoder folder among the fixtures, against Hugging Face in float64.
@Suite("Golden: encoders", .enabled(if: Golden.isThere, "no fixtures"))
struct EncoderGoldenTests {
  /// Folders that hold an encoder this build reads, whatever they are called.
  static let folders = Golden.folders.filter { folder in
    guard Golden.has(folder + "/config.json"),
      ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].contains(where: {
        Golden.has("\(folder)/\($0)")
      })
    else { return false }
    guard let config = try? TransformerConfig(folder: Golden.folder + "/" + folder) else { return false }
    return ["bert", "roberta", "xlm-roberta"].contains(config.modelType)
  }

  /// The fixture of a folder: its own, or that of the model it is a variant of.
  static func expected(_ folder: String) throws -> SafeTensors? {
    let own = folder + "/expected.safetensors"
    if Golden.has(own) { return try SafeTensors(path: Golden.folder + "/" + own) }
    let base = folder.split(separator: "_").first.map(String.init) ?? folder
    return Golden.has(base + "/expected.safetensors")
      ? try SafeTensors(path: Golden.folder + "/\(base)/expected.safetensors") : nil
  }

  struct Model {
    let encoder: TransformerEncoder
    let pooler: Pooler?
    var parameters: [Parameter] { encoder.parameters + (pooler?.parameters ?? []) }

    init(_ folder: String) throws {
      let path = Golden.folder + "/" + folder
      let config = try TransformerConfig(folder: path)
      encoder = TransformerEncoder(config: config)
      let checkpoint = try Checkpoint(folder: path)
      let hasPooler = checkpoint.names.contains { $0.hasSuffix("pooler.dense.weight") }
      pooler = hasPooler ? Pooler(config: config) : nil
      try encoder.load(checkpoint, extra: pooler?.parameters ?? []) { _, _ in }
    }
  }

  /// The fixture's padded batch as packed tokens; `rows` maps packed tokens to rows of [B, T].
  static func batch(_ expected: SafeTensors, _ config: TransformerConfig) throws -> (tokens: PackedTokens, rows: [Int]) {
    let shape = try #require(expected.entries["in.input_ids"]?.shape)
    let ids = try expected.integers("in.input_ids"), mask = try expected.integers("in.attention_mask")
    let types =
      expected.entries["in.token_type_ids"] == nil
      ? [Int](repeating: 0, count: ids.count) : try expected.integers("in.token_type_ids")
    var tokens = PackedTokens(), rows: [Int] = []
    for b in 0..<shape[0] {
      let valid = (0..<shape[1]).map { b * shape[1] + $0 }.filter { mask[$0] == 1 }
      tokens.append(
        valid.map { Int32(ids[$0]) }, types: valid.map { Int32(types[$0]) }, firstPosition: Int32(config.firstPosition))
      rows += valid
    }
    return (tokens, rows)
  }

  static func gather(_ tensor: Tensor, rows: [Int], at offset: Int = 0, width: Int) -> Tensor {
    let out = Tensor(zeros: [rows.count, width])
    for (i, row) in rows.enumerated() { (out.data + i * width).update(from: tensor.data + offset + row * width, count: width) }
    return out
  }

  static let halves = folders.filter { $0.hasSuffix("_fp16") || $0.hasSuffix("_bf16") }

  @Test(arguments: folders.filter { !halves.contains($0) })
  func hiddenStates(folder: String) throws {
    let model = try Model(folder), config = model.encoder.config, h = config.hidden
    let expected = try #require(try Self.expected(folder))
    let (tokens, rows) = try Self.batch(expected, config)
    let states = try expected.tensor("out.hidden_states")
    let layer = states.count / (config.layers + 1)
    var worst: Float = 0, seen = 0
    let last = model.encoder.infer(tokens) { index, state in
      worst = max(worst, difference(state, Self.gather(states, rows: rows, at: index * layer, width: h)))
      seen += 1
    }
    #expect(seen == config.layers + 1)
    #expect(worst < 1e-4)
    if let pooler = model.pooler, expected.entries["out.pooler_output"] != nil {
      let pooled = pooler.forward(last, offsets: tokens.offsets)
      #expect(difference(pooled.value, try expected.tensor("out.pooler_output")) < 1e-4)
    }
    // The training pass without dropout gives the same states.
    let forward = model.encoder.forward(tokens, dropout: 0, random: RandomStream(seed: 1, "test"))
    #expect(difference(forward.value, last) < 1e-5)
  }

  /// Half-precision storage: every weight is exactly the float32 weight rounded, and the states are those of rounded weights.
  @Test(arguments: halves)
  func halfPrecision(folder: String) throws {
    let model = try Model(folder), full = try Model(String(folder.prefix { $0 != "_" }))
    let type = String(folder.suffix(4))
    for (half, whole) in zip(model.parameters, full.parameters) {
      for i in 0..<half.value.count {
        let rounded = type == "fp16" ? Float(Float16(whole.value[i])) : Self.bfloat16(whole.value[i])
        guard half.value[i] == rounded else {
          Issue.record("\(half.name)[\(i)] is \(half.value[i]), not \(rounded)")
          return
        }
      }
    }
    let expected = try #require(try Self.expected(folder)), h = model.encoder.config.hidden
    let (tokens, rows) = try Self.batch(expected, model.encoder.config)
    let last = model.encoder.infer(tokens)
    let states = try expected.tensor("out.hidden_states")
    let float32 = Self.gather(states, rows: rows, at: states.count - states.count / states.shape[0], width: h)
    #expect(difference(last, float32) < (type == "fp16" ? 0.02 : 0.2))

    guard let home = Golden.folders.first(where: { Golden.has($0 + "/expected_half.safetensors") }) else { return }
    let reference = try SafeTensors(path: Golden.folder + "/\(home)/expected_half.safetensors")
    let stated = Self.gather(try reference.tensor("out.\(type).last_hidden_state"), rows: rows, width: h)
    // Rounding weights moves the states by hundredths. A reference that is off by units was made with dropout on: nothing can match it.
    withKnownIssue("the fixture's half-precision states are not those of the rounded weights") {
      #expect(difference(last, stated) < 1e-4)
    } when: {
      difference(stated, float32) > 0.5
    }
  }

  /// Round to nearest, ties to even.
  static func bfloat16(_ value: Float) -> Float {
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) & 0xffff_0000)
  }

  /// Loss and gradients of sum(last · cotangent) / 10 (+ the pooler's), accumulated into the model.
  static func backward(_ model: Model, _ expected: SafeTensors) throws -> Double {
    let config = model.encoder.config
    let (tokens, rows) = try batch(expected, config)
    let cotangent = gather(try expected.tensor("in.cotangent"), rows: rows, width: config.hidden)
    cotangent.scale(by: 0.1)
    let forward = model.encoder.forward(tokens, dropout: 0, random: RandomStream(seed: 1, "test"))
    var loss = 0.0
    for i in 0..<cotangent.count { loss += Double(forward.value.data[i]) * Double(cotangent.data[i]) }
    if let pooler = model.pooler, expected.entries["in.cotangent_pooler"] != nil {
      let pooled = pooler.forward(forward.value, offsets: tokens.offsets)
      let dpooled = try expected.tensor("in.cotangent_pooler")
      dpooled.scale(by: 0.1)
      for i in 0..<dpooled.count { loss += Double(pooled.value.data[i]) * Double(dpooled.data[i]) }
      cotangent.add(try pooled.backward(dpooled))
    }
    try forward.backward(cotangent)
    return loss
  }

  @Test(arguments: folders.filter { ((try? expected($0)) ?? nil) != nil && !halves.contains($0) })
  func gradients(folder: String) throws {
    let model = try Model(folder), expected = try #require(try Self.expected(folder))
    let loss = try Self.backward(model, expected)
    #expect(abs(loss - Double(try expected.tensor("out.loss")[0])) < 1e-4 * max(1, abs(loss)))
    var checked = 0
    for parameter in model.parameters {
      let name = "grad." + parameter.name
      guard expected.entries[name] != nil else { continue }
      let reference = try expected.tensor(name)
      let worst = difference(parameter.gradient, reference)
      #expect(worst < 1e-4 * max(1, absoluteMaximum(reference)), "\(parameter.name)")
      checked += 1
    }
    #expect(checked == expected.entries.keys.count { $0.hasPrefix("grad.") })
    let norm = model.parameters.map(\.gradient.sumOfSquares).reduce(0, +).squareRoot()
    #expect(abs(norm - Double(try expected.tensor("out.total_norm")[0])) < 1e-3 * norm)
  }

  @Test(arguments: folders.filter { ((try? expected($0)) ?? nil) != nil && !halves.contains($0) })
  func adamWSteps(folder: String) throws {
    let model = try Model(folder), expected = try #require(try Self.expected(folder))
    let moments = model.parameters.map { ($0, Tensor(zeros: $0.value.shape), Tensor(zeros: $0.value.shape)) }
    for step in 1...3 {
      for (parameter, _, _) in moments { parameter.gradient.clear() }
      _ = try Self.backward(model, expected)
      for (parameter, m, v) in moments {
        Kernels.adamW(
          value: parameter.value, m: m, v: v, gradient: parameter.gradient,
          AdamWRule(rate: 1e-3, epsilon: 1e-6, weightDecay: 0.01, step: step))
        let name = "adamw\(step)." + parameter.name
        // The true gradient of a key bias is zero, so Adam amplifies rounding there.
        guard expected.entries[name] != nil, !parameter.name.hasSuffix("attention.self.key.bias") else { continue }
        #expect(difference(parameter.value, try expected.tensor(name)) < 5e-5, "\(parameter.name) after step \(step)")
      }
    }
  }
}
