public import PluginAPI
import Tokenizers
import Transformers

/// Options of the BERT family: BioBERT, BERT, MiniLM, PubMedBERT, …
struct BioBERTOptions: PluginOptions {
  var model: String
  var dropout: Float?

  static let fields = [
    OptionField.required("model", .model, help: "Hugging Face folder: config.json, vocab.txt and the weights"),
    .optional("dropout", .number, in: 0...0.9, help: "dropout of hidden states and attention; default: the model's own"),
  ]
}

let manifest = Manifest(
  id: "biobert", kind: .encoder, version: "1.0.0", licence: "Apache-2.0",
  summary: "BioBERT and every other encoder of the BERT family, cased or uncased, from a Hugging Face folder")

/// The entry point.
@c(calm_plugin_BioBERT)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: BioBERTOptions.self) { options, shape, services in
      let tokenizer = try tokenizer(options.model)
      if shape.textOnly { return WordEncoder(folder: options.model, tokenizer: tokenizer) }
      let config = try TransformerConfig(folder: options.model)
      guard config.modelType == "bert" else {
        throw PluginError(
          "\(options.model)/config.json: model_type is `\(config.modelType)`; the plugin `biobert` reads `bert`")
      }
      return try WordEncoder(
        folder: options.model, config: config, tokenizer: tokenizer, firstPosition: 0, dropout: options.dropout,
        services: services)
    }
  }
}

private func tokenizer(_ folder: String) throws -> WordPieceTokenizer {
  do { return try WordPieceTokenizer(folder: folder) } catch { throw Diagnostic("M404", "\(error)") }
}
