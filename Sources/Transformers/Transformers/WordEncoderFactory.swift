import PluginAPI
import Tokenizers

/// The options of every encoder plugin over ``WordEncoder``.
public struct WordEncoderOptions: PluginOptions {
  /// The model folder.
  public var model: String
  /// Overrides the model's own dropout.
  public var dropout: Float?
  /// How matrix products round.
  public var precision: Precision

  /// The description of each.
  public static let fields = [
    OptionField.required(
      "model", .model, help: "Hugging Face folder: config.json, the tokenizer's files and the weights"),
    .optional("dropout", .number, in: 0...0.9, help: "dropout of hidden states and attention; default: the model's own"),
    .optional(
      "precision", .choice(Precision.allCases.map(\.rawValue)), default: "fp32",
      help: "of matrix products; sums and weights stay float32. int8 only evaluates and tags"),
  ]
}

extension WordEncoder {
  /// The encoder that `options` ask for.
  /// - Parameters:
  ///   - plugin: the plugin's id, for messages.
  ///   - modelTypes: the `model_type`s of config.json that the plugin reads.
  public static func open(
    _ options: WordEncoderOptions, shape: Shape, services: Services, plugin: String, modelTypes: Set<String>
  ) throws -> WordEncoder {
    let tokenizer: any Tokenizer
    do { tokenizer = try loadTokenizer(folder: options.model) } catch { throw Diagnostic("M404", "\(error)") }
    if shape.textOnly { return WordEncoder(folder: options.model, tokenizer: tokenizer) }
    let config = try TransformerConfig(folder: options.model)
    guard config.statesItsType || tokenizer is WordPieceTokenizer else {
      throw Diagnostic(
        "M401",
        "\(options.model)/config.json has neither `model_type` nor `architectures`, and the tokenizer is not the WordPiece of BERT",
        hint: "add the model's `model_type` to it, such as \"roberta\"")
    }
    guard modelTypes.contains(config.modelType) else {
      throw Diagnostic(
        "M401",
        "\(options.model)/config.json: the model is of type `\(config.modelType)`; plugin `\(plugin)` reads \(modelTypes.sorted().joined(separator: ", "))"
      )
    }
    // RoBERTa counts positions from the padding index on.
    let pad = Int(tokenizer.specialTokens.pad)
    guard config.firstPosition == 0 || pad == config.firstPosition - 1 else {
      throw Diagnostic(
        "M404", "\(options.model): the tokenizer pads with id \(pad), but config.json with \(config.firstPosition - 1)",
        hint: "positions count from that id: do both files belong to this model?")
    }
    return try WordEncoder(
      folder: options.model, config: config, tokenizer: tokenizer, firstPosition: config.firstPosition,
      dropout: options.dropout, precision: options.precision, services: services)
  }
}
