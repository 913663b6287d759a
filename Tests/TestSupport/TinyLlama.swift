import FoundationEssentials
import CalmNumerics
import Weights

/// A Llama folder with random weights: hidden 32, two layers, four heads of 16 that share two keys and values.
public enum TinyLlama {
  /// Tokens that the model has.
  public static let vocabulary = 90

  /// Writes config.json and model.safetensors; there is no tokenizer. `spoilt` stands in the last norm in place of one weight.
  public static func write(to folder: String, window: Int? = nil, spoilt: Float? = nil) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let hidden = 32, intermediate = 64, queries = 64, keys = 32
    let mistral = window.map { #""model_type": "mistral", "sliding_window": \#($0)"# } ?? #""model_type": "llama""#
    try Data(
      """
      {\(mistral), "hidden_size": \(hidden), "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "head_dim": 16, "intermediate_size": \(intermediate), "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
       "vocab_size": \(vocabulary), "rope_theta": 10000.0}
      """.utf8
    ).write(to: URL(fileURLWithPath: folder + "/config.json"))
    var tensors: [(name: String, tensor: Tensor)] = []
    func add(_ name: String, _ shape: [Int], around center: Float = 0) {
      let tensor = Tensor(zeros: shape)
      var random = RandomStream(seed: 7, name)
      for i in 0..<tensor.count { tensor[i] = center + Float(random.normal()) * 0.3 }
      tensors.append((name, tensor))
    }
    add("model.embed_tokens.weight", [vocabulary, hidden])
    add("model.norm.weight", [hidden], around: 1)
    if let spoilt { tensors[1].tensor[3] = spoilt }
    for layer in 0..<2 {
      let p = "model.layers.\(layer)."
      add(p + "input_layernorm.weight", [hidden], around: 1)
      add(p + "post_attention_layernorm.weight", [hidden], around: 1)
      add(p + "self_attn.q_proj.weight", [queries, hidden])
      add(p + "self_attn.k_proj.weight", [keys, hidden])
      add(p + "self_attn.v_proj.weight", [keys, hidden])
      add(p + "self_attn.o_proj.weight", [hidden, queries])
      add(p + "mlp.gate_proj.weight", [intermediate, hidden])
      add(p + "mlp.up_proj.weight", [intermediate, hidden])
      add(p + "mlp.down_proj.weight", [hidden, intermediate])
    }
    try SafeTensors.write(tensors, to: folder + "/model.safetensors")
  }
}
