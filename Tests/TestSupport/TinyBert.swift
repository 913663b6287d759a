import FoundationEssentials
import CalmNumerics
import Weights

/// A BERT folder with random weights: hidden 16, two layers, two heads, some seventy pieces.
public enum TinyBert {
  /// Whole words that are pieces; every printable ASCII character is one too, at a word's start and inside.
  public static let words = [
    "the", "old", "town", "of", "is", "quiet", "went", "to", "a", "person", "Bergen", "Oslo", "Lund", "Turku", "Anna",
    "Karl", "Mia", "Berg",
  ]

  /// Writes config.json, vocab.txt, tokenizer_config.json and model.safetensors.
  public static func write(to folder: String, positions: Int = 64, dropout: Double = 0.1) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let characters = (33...126).map { String(UnicodeScalar(UInt8($0))) }
    let vocabulary =
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + characters.filter { !words.contains($0) }
      + characters.map { "##" + $0 }
    let hidden = 16, intermediate = 32, layers = 2
    func put(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
    try put(vocabulary.joined(separator: "\n") + "\n", "vocab.txt")
    try put(#"{"do_lower_case": false}"#, "tokenizer_config.json")
    try put(
      """
      {"model_type": "bert", "hidden_size": \(hidden), "num_hidden_layers": \(layers), "num_attention_heads": 2,
       "intermediate_size": \(intermediate), "max_position_embeddings": \(positions), "type_vocab_size": 2,
       "vocab_size": \(vocabulary.count), "hidden_dropout_prob": \(dropout), "attention_probs_dropout_prob": \(dropout)}
      """, "config.json")
    var tensors: [(name: String, tensor: Tensor)] = []
    func add(_ name: String, _ shape: [Int], around center: Float = 0) {
      let tensor = Tensor(zeros: shape)
      var random = RandomStream(seed: 5, name)
      for i in 0..<tensor.count { tensor[i] = center + Float(random.normal()) * 0.2 }
      tensors.append((name, tensor))
    }
    func dense(_ name: String, _ rows: Int, _ columns: Int) {
      add(name + ".weight", [rows, columns])
      add(name + ".bias", [rows])
    }
    func norm(_ name: String) {
      add(name + ".weight", [hidden], around: 1)
      add(name + ".bias", [hidden])
    }
    add("embeddings.word_embeddings.weight", [vocabulary.count, hidden])
    add("embeddings.position_embeddings.weight", [positions, hidden])
    add("embeddings.token_type_embeddings.weight", [2, hidden])
    norm("embeddings.LayerNorm")
    for layer in 0..<layers {
      let prefix = "encoder.layer.\(layer)."
      for part in ["query", "key", "value"] { dense(prefix + "attention.self." + part, hidden, hidden) }
      dense(prefix + "attention.output.dense", hidden, hidden)
      norm(prefix + "attention.output.LayerNorm")
      dense(prefix + "intermediate.dense", intermediate, hidden)
      dense(prefix + "output.dense", hidden, intermediate)
      norm(prefix + "output.LayerNorm")
    }
    try SafeTensors.write(tensors, to: folder + "/model.safetensors")
  }
}
