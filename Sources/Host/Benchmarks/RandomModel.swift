import FoundationEssentials
import PluginAPI

/// A model folder with random weights. Whatever the shape, it is written as BERT's, which has the same layers as XLM-R: then one
/// simple vocabulary serves all.
struct RandomModel {
  let shape: ModelShape
  /// A folder whose WordPiece vocabulary is taken over, so that text is cut into as many pieces as with a real model; nil: a
  /// vocabulary in which ``words`` are one piece each and every other word is unknown, also one piece.
  var tokenizer: String?

  /// Frequent English words: one piece each in the vocabularies of every model that reads English.
  static let words = [
    "the", "of", "and", "to", "in", "is", "was", "for", "as", "with", "by", "on", "at", "from", "are", "were", "that", "his",
    "it", "an", "which", "be", "or", "this",
  ]

  /// Writes config.json, vocab.txt, tokenizer_config.json and model.safetensors.
  func write(to folder: String) throws {
    let sizes = shape.sizes
    let texts = try vocabulary(sizes.vocabulary)
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw Diagnostic("S601", "\(folder) cannot be made: \(error)")
    }
    for (name, text) in texts { try FileBytes.write(text, to: "\(folder)/\(name)") }
    try FileBytes.write(try jsonLine(Config(sizes)) + "\n", to: folder + "/config.json")
    do { try SafeTensors.write(tensors(sizes), to: folder + "/model.safetensors") } catch {
      throw Diagnostic("S601", "\(error)")
    }
  }

  private struct Config: Encodable {
    var model_type = "bert", architectures = ["BertModel"], hidden_act = "gelu"
    var hidden_size: Int, num_hidden_layers: Int, num_attention_heads: Int, intermediate_size: Int
    var max_position_embeddings: Int, type_vocab_size: Int, vocab_size: Int
    var hidden_dropout_prob = 0.1, attention_probs_dropout_prob = 0.1, layer_norm_eps = 1e-12

    init(_ sizes: ModelShape.Sizes) {
      hidden_size = sizes.hidden
      num_hidden_layers = sizes.layers
      num_attention_heads = sizes.heads
      intermediate_size = sizes.intermediate
      max_position_embeddings = sizes.positions
      type_vocab_size = sizes.types
      vocab_size = sizes.vocabulary
    }
  }

  /// The tokenizer's files by name.
  private func vocabulary(_ size: Int) throws -> [(name: String, text: String)] {
    guard let tokenizer else {
      let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
      let known = special + Self.words
      let lines = known + (known.count..<size).map { "unused\($0)" }
      return [
        ("vocab.txt", lines.joined(separator: "\n") + "\n"), ("tokenizer_config.json", "{\"do_lower_case\": false}\n"),
      ]
    }
    let lines = try readLines(tokenizer + "/vocab.txt")
    guard lines.count <= size else {
      throw Diagnostic(
        "M404", "\(tokenizer)/vocab.txt has \(lines.count) pieces, more than the \(size) of the shape `\(shape.rawValue)`",
        hint: "choose a larger shape or another --tokenizer")
    }
    let configuration = tokenizer + "/tokenizer_config.json"
    return [("vocab.txt", lines.joined(separator: "\n") + "\n")]
      + (FileManager.default.fileExists(atPath: configuration)
        ? [("tokenizer_config.json", try readLines(configuration).joined(separator: "\n") + "\n")] : [])
  }

  /// Weights uniform in ±0.05, biases zero, norms one.
  private func tensors(_ sizes: ModelShape.Sizes) -> [(name: String, tensor: Tensor)] {
    let hidden = sizes.hidden
    var tensors: [(name: String, tensor: Tensor)] = []
    func table(_ name: String, _ rows: Int) { tensors.append((name, random([rows, hidden], name))) }
    func dense(_ name: String, _ rows: Int, _ columns: Int) {
      tensors.append((name + ".weight", random([rows, columns], name)))
      tensors.append((name + ".bias", Tensor(zeros: [rows])))
    }
    func norm(_ name: String) {
      tensors.append((name + ".weight", Tensor([Float](repeating: 1, count: hidden), shape: [hidden])))
      tensors.append((name + ".bias", Tensor(zeros: [hidden])))
    }
    table("embeddings.word_embeddings.weight", sizes.vocabulary)
    table("embeddings.position_embeddings.weight", sizes.positions)
    table("embeddings.token_type_embeddings.weight", sizes.types)
    norm("embeddings.LayerNorm")
    for layer in 0..<sizes.layers {
      let prefix = "encoder.layer.\(layer)."
      for part in ["query", "key", "value"] { dense(prefix + "attention.self." + part, hidden, hidden) }
      dense(prefix + "attention.output.dense", hidden, hidden)
      norm(prefix + "attention.output.LayerNorm")
      dense(prefix + "intermediate.dense", sizes.intermediate, hidden)
      dense(prefix + "output.dense", hidden, sizes.intermediate)
      norm(prefix + "output.LayerNorm")
    }
    return tensors
  }
}
