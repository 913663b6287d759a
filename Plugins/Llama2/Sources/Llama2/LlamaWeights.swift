import CLlama
import PluginAPI

/// How the products of a model are computed.
enum Arithmetic: String, Sendable, CaseIterable, Codable {
  /// Float32 on the dequantised weights: the mode in which results are compared with other programs.
  case exact
  /// Quantised weights as they are, activations rounded to 8 bits in blocks of 32, keys and values in float16. Weights that the
  /// file has in floats are rounded to bfloat16.
  case fast
}

/// To what float weights are quantised when they are loaded.
enum Quantisation: String, Sendable, CaseIterable, Codable {
  case none, q8, q4

  var bits: Int { self == .q4 ? 4 : 8 }
}

/// The weights of one decoder layer.
struct LlamaLayer: Sendable {
  let attentionNorm: Tensor, feedForwardNorm: Tensor
  /// Queries [heads · headSize, hidden], keys and values [keyValueHeads · headSize, hidden].
  let queryKeyValue: LinearGroup
  /// [hidden, heads · headSize]
  let output: LinearGroup
  /// Gate and up [intermediate, hidden].
  let gateUp: LinearGroup
  /// [hidden, intermediate]
  let down: LinearGroup
}

/// All weights of a model.
struct LlamaWeights: Sendable {
  /// [vocabulary, hidden]
  let embedding: EmbeddingTable
  let layers: [LlamaLayer]
  let norm: Tensor
  /// [vocabulary, hidden]
  let head: LinearGroup
  let vocabulary: Int

  init(_ file: ModelFile, _ configuration: LlamaConfiguration, arithmetic: Arithmetic, quantisation: Quantisation) throws {
    let c = configuration
    var used: Set<String> = []
    func check(_ name: String, _ shape: [Int]) throws {
      used.insert(name)
      try file.check(name, shape)
    }
    // Everything is compared with the configuration before anything is allocated.
    guard let table = file.shape("model.embed_tokens.weight"), table.count == 2, table[1] == c.hidden, table[0] > 0 else {
      throw Diagnostic(
        "M403",
        "\(file.path): the embedding is missing or its shape \(file.shape("model.embed_tokens.weight") ?? []) does not "
          + "end with the hidden size \(c.hidden)")
    }
    used.insert("model.embed_tokens.weight")
    vocabulary = table[0]
    let hasHead = file.shape("lm_head.weight") != nil, tied = c.tiesHead ?? !hasHead
    guard tied || hasHead else {
      throw Diagnostic(
        "M403", "\(file.path) has no tensor `lm_head.weight`, and its config.json says `tie_word_embeddings: false`",
        hint: "is a file of the weights missing? If the embedding is the head too, config.json has to say so")
    }
    // A tied model's copy of the embedding is not read.
    if hasHead { used.insert("lm_head.weight") }
    let queries = c.heads * c.headSize, keys = c.keyValueHeads * c.headSize
    try check("model.norm.weight", [c.hidden])
    if !tied { try check("lm_head.weight", [vocabulary, c.hidden]) }
    for layer in 0..<c.layers {
      let p = "model.layers.\(layer)."
      for (name, shape) in [
        ("input_layernorm", [c.hidden]), ("post_attention_layernorm", [c.hidden]),
        ("self_attn.q_proj", [queries, c.hidden]), ("self_attn.k_proj", [keys, c.hidden]),
        ("self_attn.v_proj", [keys, c.hidden]), ("self_attn.o_proj", [c.hidden, queries]),
        ("mlp.gate_proj", [c.intermediate, c.hidden]), ("mlp.up_proj", [c.intermediate, c.hidden]),
        ("mlp.down_proj", [c.hidden, c.intermediate]),
      ] { try check(p + name + ".weight", shape) }
    }
    let surplus = file.surplus(used)
    guard surplus.isEmpty else {
      throw Diagnostic(
        "M403",
        "\(file.path) has \(surplus.count) tensors that a Llama model of this configuration does not: "
          + surplus.prefix(4).map { "`\($0)`" }.joined(separator: ", "),
        hint: "biases, experts and adapters are not supported")
    }

    let reader = WeightReader(file: file, arithmetic: arithmetic, quantisation: quantisation)
    func group(_ names: [String], depth: Int, heads: [Int: Int] = [:]) throws -> LinearGroup {
      LinearGroup(
        try names.enumerated().map {
          try reader.linear(
            $1 + ".weight", rowOrder: c.interleaved && heads[$0] != nil ? .deinterleaved(c.headSize) : .asStored)
        }, depth: depth)
    }
    norm = try file.tensor("model.norm.weight")
    layers = try (0..<c.layers).map { layer in
      let p = "model.layers.\(layer)."
      return LlamaLayer(
        attentionNorm: try file.tensor(p + "input_layernorm.weight"),
        feedForwardNorm: try file.tensor(p + "post_attention_layernorm.weight"),
        queryKeyValue: try group(
          ["q_proj", "k_proj", "v_proj"].map { p + "self_attn." + $0 }, depth: c.hidden,
          heads: [0: c.heads, 1: c.keyValueHeads]),
        output: try group([p + "self_attn.o_proj"], depth: queries),
        gateUp: try group([p + "mlp.gate_proj", p + "mlp.up_proj"], depth: c.hidden),
        down: try group([p + "mlp.down_proj"], depth: c.intermediate))
    }
    head = try group([tied ? "model.embed_tokens" : "lm_head"], depth: c.hidden)
    embedding = try EmbeddingTable(file, vocabulary: vocabulary, hidden: c.hidden)
  }
}

/// The vectors of tokens: read from the file's blocks when they are asked for, or float32 in memory.
struct EmbeddingTable: Sendable {
  private let file: ModelFile
  private let table: Tensor?
  private let hidden: Int
  private static let name = "model.embed_tokens.weight"

  init(_ file: ModelFile, vocabulary: Int, hidden: Int) throws {
    self.file = file
    self.hidden = hidden
    table = file.blocks(Self.name) == nil ? try file.tensor(Self.name) : nil
  }

  /// The vector of `token` into `out` [hidden].
  func read(_ token: Int32, into out: UnsafeMutablePointer<Float>) {
    if let table {
      out.update(from: table.data + Int(token) * hidden, count: hidden)
    } else if let (type, bytes) = file.blocks(Self.name), let base = bytes.baseAddress {
      Kernels.dequantise(out, type, base + Int(token) * (hidden / type.elements * type.bytes), count: hidden)
    }
  }
}
