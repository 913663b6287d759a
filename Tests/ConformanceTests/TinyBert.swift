import FoundationEssentials
import PluginAPI
import Tokenizers
import Transformers

/// A BERT with random weights in a folder of its own that goes away with it: hidden 16, two layers, two heads, 64 positions and a
/// vocabulary of letters and a few words.
final class TinyBert: Sendable {
  let folder: String

  static let pieces =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + letters.map { "##" + $0 }
    + ["the", "of", "cells", "new", ".", ",", "-", "\u{4E2D}", "1"]
  private static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)

  init(seed: UInt64 = 1) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "calm-tiny-bert-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try write(
      "config.json",
      """
      {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
       "max_position_embeddings": 64, "type_vocab_size": 2, "vocab_size": 72, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
       "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
      """)
    try write("vocab.txt", Self.pieces.joined(separator: "\n") + "\n")
    var random = RandomStream(seed: seed, "tiny-bert")
    let parameters = TransformerEncoder(config: try TransformerConfig(folder: folder)).parameters
    for parameter in parameters {
      let isScale = parameter.name.hasSuffix("LayerNorm.weight"), isVector = parameter.value.shape.count == 1
      let spread = parameter.name.hasPrefix("embeddings.") ? 0.5 : isVector ? 0.1 : 0.25
      for i in 0..<parameter.value.count { parameter.value[i] = Float((isScale ? 1 : 0) + spread * random.normal()) }
    }
    try SafeTensors.write(parameters.map { ($0.name, $0.value) }, to: folder + "/model.safetensors")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
  }

  /// As the encoder plugins make it; a nil `dropout` is the configuration's. Positions begin at 0 in BERT, at 2 in RoBERTa.
  func encoder(dropout: Float?, firstPosition: Int = 0) throws -> WordEncoder {
    try WordEncoder(
      folder: folder, config: TransformerConfig(folder: folder), tokenizer: loadTokenizer(folder: folder),
      firstPosition: firstPosition, dropout: dropout, precision: .fp32,
      services: Services(seed: 1, cacheFolder: folder) { _, _ in })
  }
}
