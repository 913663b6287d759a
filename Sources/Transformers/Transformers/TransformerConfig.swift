import FoundationEssentials
import PluginAPI

/// The part of a Hugging Face `config.json` that an encoder of the BERT family needs.
public struct TransformerConfig: Sendable {
  /// `bert`, `roberta`, `xlm-roberta`, …
  public var modelType: String
  /// Whether the file says what ``modelType`` is. Where it does not, `bert` is taken for granted.
  public var statesItsType: Bool
  /// Width of hidden states.
  public var hidden: Int
  /// Encoder layers.
  public var layers: Int
  /// Attention heads a layer; divides ``hidden``.
  public var heads: Int
  /// Width of the feed-forward layer.
  public var intermediate: Int
  /// Rows of the position embedding.
  public var positions: Int
  /// Rows of the token-type embedding.
  public var types: Int
  /// Rows of the word embedding.
  public var vocabulary: Int
  /// The position of a sequence's first token: 0 for BERT; the RoBERTa family counts from the padding index + 1.
  public var firstPosition: Int
  /// ε of layer normalisation.
  public var epsilon: Float
  /// Dropout of hidden states and of attention probabilities in training.
  public var hiddenDropout: Float, attentionDropout: Float

  private struct File: Decodable {
    var model_type: String?
    var architectures: [String]?
    var is_decoder: Bool?
    var hidden_size: Int?
    var num_hidden_layers: Int?
    var num_attention_heads: Int?
    var intermediate_size: Int?
    var max_position_embeddings: Int?
    var type_vocab_size: Int?
    var vocab_size: Int?
    var pad_token_id: Int?
    var layer_norm_eps: Float?
    var hidden_act: String?
    var hidden_dropout_prob: Float?
    var attention_probs_dropout_prob: Float?
    var position_embedding_type: String?
  }

  /// Reads `folder/config.json`. Releases before 2020 leave out `model_type` and `layer_norm_eps`: the first of `architectures`
  /// tells then, or it is BERT; and 1e-12.
  public init(folder: String) throws {
    let path = folder + "/config.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic(
        "M401", "\(path) cannot be read", hint: "`model` takes a Hugging Face folder, or a model declared under `models:`")
    }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: data) } catch {
      if case .typeMismatch(_, let context)? = error as? DecodingError, let key = context.codingPath.last {
        throw WeightsError(path, "`\(key.stringValue)` is not of the right type")
      }
      throw WeightsError(path, "is not the configuration of a transformer (JSON with hidden_size, num_hidden_layers, …)")
    }
    func positive(_ value: Int?, _ key: String) throws -> Int {
      guard let value, value > 0, value < 1 << 31 else {
        throw WeightsError(path, "`\(key)` is missing or not a positive number")
      }
      return value
    }
    let stated = try file.model_type ?? Self.modelType(ofArchitecture: file.architectures?.first, path)
    (modelType, statesItsType) = (stated ?? "bert", stated != nil)
    guard file.is_decoder != true else {
      throw Diagnostic(
        "M401", "\(path): `is_decoder` is true: the model's tokens see only those before them", hint: "use a model that encodes"
      )
    }
    hidden = try positive(file.hidden_size, "hidden_size")
    layers = try positive(file.num_hidden_layers, "num_hidden_layers")
    heads = try positive(file.num_attention_heads, "num_attention_heads")
    intermediate = try positive(file.intermediate_size, "intermediate_size")
    positions = try positive(file.max_position_embeddings, "max_position_embeddings")
    types = try positive(file.type_vocab_size ?? 2, "type_vocab_size")
    vocabulary = try positive(file.vocab_size, "vocab_size")
    let padding = file.pad_token_id ?? 1, countsFromPadding = modelType.hasSuffix("roberta")
    guard !countsFromPadding || (0..<vocabulary).contains(padding) else {
      throw WeightsError(path, "`pad_token_id` is \(padding), which is no id of the vocabulary")
    }
    firstPosition = countsFromPadding ? padding + 1 : 0
    epsilon = file.layer_norm_eps ?? 1e-12
    guard epsilon > 0, epsilon <= 0.1 else {
      throw WeightsError(path, "`layer_norm_eps` must be above 0 and at most 0.1, not \(epsilon)")
    }
    hiddenDropout = file.hidden_dropout_prob ?? 0.1
    attentionDropout = file.attention_probs_dropout_prob ?? 0.1
    guard hidden % heads == 0 else {
      throw WeightsError(path, "hidden_size \(hidden) is not a multiple of num_attention_heads \(heads)")
    }
    // A sequence holds at least one token between its two special ones.
    guard positions - firstPosition >= 3 else {
      throw WeightsError(path, "max_position_embeddings \(positions) leaves no room for a sentence")
    }
    for (name, value) in [("hidden_dropout_prob", hiddenDropout), ("attention_probs_dropout_prob", attentionDropout)] {
      guard value >= 0, value < 1 else { throw WeightsError(path, "`\(name)` must be at least 0 and below 1, not \(value)") }
    }
    guard ["gelu", nil].contains(file.hidden_act) else {
      throw WeightsError(path, "hidden_act `\(file.hidden_act ?? "")` is not supported; only the exact `gelu` is")
    }
    guard ["absolute", nil].contains(file.position_embedding_type) else {
      throw WeightsError(path, "position_embedding_type `\(file.position_embedding_type ?? "")` is not supported")
    }
  }

  /// The type of `BertForMaskedLM` and its like; nil where no architecture is named.
  private static func modelType(ofArchitecture name: String?, _ path: String) throws -> String? {
    guard let name else { return nil }
    let types = [
      "Bert": "bert", "Roberta": "roberta", "XLMRoberta": "xlm-roberta", "Electra": "electra", "DistilBert": "distilbert",
    ]
    // What follows says which head is on the encoder.
    let family = ["For", "LMHead", "Model"].compactMap { name.firstRange(of: $0)?.lowerBound }.min().map { name[..<$0] }
    guard let type = types[String(family ?? name[...])] else {
      throw Diagnostic(
        "M401", "\(path) has no `model_type`, and its architecture `\(name)` is not known here",
        hint: "add the model's `model_type` to it, such as \"roberta\"")
    }
    return type
  }
}
