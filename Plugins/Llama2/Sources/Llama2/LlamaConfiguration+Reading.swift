internal import FoundationEssentials
import PluginAPI

extension LlamaConfiguration {
  /// The sizes that a model states.
  static func read(_ file: ModelFile) throws -> LlamaConfiguration {
    let configuration: LlamaConfiguration
    switch file {
    case .gguf(let gguf): configuration = try LlamaConfiguration(gguf)
    case .folder(let checkpoint): configuration = try LlamaConfiguration(folder: checkpoint.folder)
    }
    try configuration.check(file.path)
    return configuration
  }

  /// From the metadata of a GGUF file.
  private init(_ file: GGUFFile) throws {
    let path = file.file.path
    guard let architecture = file.metadata["general.architecture"]?.string else {
      throw Diagnostic(
        "M402", "\(path): the metadata has no `general.architecture`", hint: "is it the file of a language model?")
    }
    guard architecture == "llama" || architecture == "mistral" else {
      throw Diagnostic(
        "M402", "\(path) holds a model of architecture `\(architecture)`; `llama` and `mistral` are read",
        hint: "use a Llama-architecture model")
    }
    func value(_ key: String) -> GGUFValue? { file.metadata["\(architecture).\(key)"] }
    func integer(_ key: String) throws -> Int {
      guard let number = value(key)?.integer else {
        throw Diagnostic("M402", "\(path): the metadata has no integer `\(architecture).\(key)`")
      }
      return number
    }
    hidden = try integer("embedding_length")
    layers = try integer("block_count")
    intermediate = try integer("feed_forward_length")
    heads = try integer("attention.head_count")
    guard heads > 0 else { throw Diagnostic("M402", "\(path): a number of heads of \(heads) is out of range") }
    keyValueHeads = value("attention.head_count_kv")?.integer ?? heads
    headSize = value("attention.key_length")?.integer ?? value("rope.dimension_count")?.integer ?? hidden / heads
    if let rotated = value("rope.dimension_count")?.integer, rotated != headSize {
      throw Diagnostic(
        "M402", "\(path): only \(rotated) of the \(headSize) numbers of a head are rotated, which is not supported")
    }
    positions = try integer("context_length")
    window = value("attention.sliding_window")?.integer.flatMap { $0 > 0 ? $0 : nil }
    epsilon = Float(value("attention.layer_norm_rms_epsilon")?.number ?? 1e-5)
    rotary = RotaryEmbedding(base: value("rope.freq_base")?.number ?? 10000)
    switch value("rope.scaling.type")?.string ?? "none" {
    case "none", "": break
    case "linear": rotary.scaling = .linear(factor: value("rope.scaling.factor")?.number ?? 1)
    case let other: throw Self.unknownScaling(path, other)
    }
    if let scale = value("rope.scale_linear")?.number, rotary.scaling == .none, scale != 1 {
      rotary.scaling = .linear(factor: scale)
    }
    interleaved = true
    if file.entries["rope_freqs.weight"] != nil {
      let divisors: Tensor
      do { divisors = try file.tensor("rope_freqs.weight") } catch { throw Diagnostic("M403", "\(error)") }
      guard divisors.count == headSize / 2, divisors.values.allSatisfy({ $0 > 0 }) else {
        throw Diagnostic("M403", "\(path): tensor `rope_freqs.weight` does not hold \(headSize / 2) positive divisors")
      }
      rotary.divisors = divisors.values
    }
  }

  /// config.json of transformers 4 and 5.
  private struct File: Decodable {
    var model_type: String?
    var hidden_size, num_hidden_layers, num_attention_heads, intermediate_size: Int
    var num_key_value_heads, head_dim, max_position_embeddings, sliding_window: Int?
    var rms_norm_eps: Double?
    var rope_theta: Double?
    var rope_scaling, rope_parameters: Rope?
    var attention_bias, mlp_bias, tie_word_embeddings: Bool?
    var hidden_act: String?
  }

  private struct Rope: Decodable {
    var type, rope_type: String?
    var rope_theta, factor, low_freq_factor, high_freq_factor: Double?
    var original_max_position_embeddings: Int?
  }

  private init(folder: String) throws {
    let path = folder + "/config.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic("M401", "\(folder) has no config.json", hint: "give a .gguf file or a Hugging Face folder")
    }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: data) } catch let error as DecodingError {
      throw Diagnostic("M402", "\(path): \(Self.sentence(error))")
    }
    architecture = file.model_type ?? "llama"
    guard architecture == "llama" || architecture == "mistral" else {
      throw Diagnostic(
        "M402", "\(path): model_type `\(architecture)` is not known; `llama` and `mistral` are read",
        hint: "use a Llama-architecture model")
    }
    if file.attention_bias == true || file.mlp_bias == true {
      throw Diagnostic("M402", "\(path): linear layers with biases are not supported")
    }
    if let act = file.hidden_act, act != "silu" { throw Diagnostic("M402", "\(path): hidden_act `\(act)` is not supported") }
    hidden = file.hidden_size
    layers = file.num_hidden_layers
    heads = file.num_attention_heads
    guard heads > 0 else { throw Diagnostic("M402", "\(path): a number of heads of \(heads) is out of range") }
    keyValueHeads = file.num_key_value_heads ?? heads
    headSize = file.head_dim ?? hidden / heads
    intermediate = file.intermediate_size
    positions = file.max_position_embeddings ?? 2048
    window = architecture == "mistral" ? file.sliding_window : nil
    epsilon = Float(file.rms_norm_eps ?? 1e-6)
    interleaved = false
    tiesHead = file.tie_word_embeddings
    let rope = file.rope_parameters ?? file.rope_scaling
    rotary = RotaryEmbedding(base: rope?.rope_theta ?? file.rope_theta ?? 10000)
    switch rope?.rope_type ?? rope?.type ?? "default" {
    case "default": break
    case "linear": rotary.scaling = .linear(factor: rope?.factor ?? 1)
    case "llama3":
      guard let factor = rope?.factor, let low = rope?.low_freq_factor, let high = rope?.high_freq_factor,
        let original = rope?.original_max_position_embeddings, factor > 0, high > low, low > 0
      else {
        throw Diagnostic(
          "M402",
          "\(path): rope scaling `llama3` needs factor, low_freq_factor, high_freq_factor and "
            + "original_max_position_embeddings")
      }
      rotary.scaling = .llama3(factor: factor, low: low, high: high, original: Double(original))
    case let other: throw Self.unknownScaling(path, other)
    }
  }

  private static func unknownScaling(_ path: String, _ name: String) -> Diagnostic {
    Diagnostic("M402", "\(path): rope scaling `\(name)` is not supported; none, linear and llama3 are")
  }

  private static func sentence(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "has no `\(key.stringValue)`"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` is not of the right type"
    default: "is not the JSON of a model's configuration"
    }
  }
}
