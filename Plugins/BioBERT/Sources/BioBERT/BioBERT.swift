import PluginAPI
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

@c(calm_plugin_BioBERT)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: BioBERTOptions.self) { options, _, services in
      let config = try TransformerConfig(folder: options.model)
      guard config.modelType == "bert" else {
        throw PluginError(
          "\(options.model)/config.json: model_type is `\(config.modelType)`; the plugin `biobert` reads `bert`")
      }
      return try WordEncoder(
        folder: options.model, config: config, tokenizer: WordPieceTokenizer(folder: options.model), firstPosition: 0,
        dropout: options.dropout, services: services)
    }
  }
}
