import PluginAPI

/// The sizes of a Llama-architecture decoder.
struct LlamaConfiguration: Sendable, Equatable {
  /// What the file calls itself: `llama` or `mistral`.
  var architecture = "llama"
  var hidden: Int
  var layers: Int
  var heads: Int
  /// Fewer than ``heads`` where several heads share keys and values (grouped-query attention).
  var keyValueHeads: Int
  /// The width of a head.
  var headSize: Int
  var intermediate: Int
  /// Positions that the model was trained for.
  var positions: Int
  /// How far back a position sees; nil: to the beginning.
  var window: Int?
  var epsilon: Float
  var rotary: RotaryEmbedding
  /// Whether the rows of query and key weights are in the order of interleaved pairs, as GGUF files of `llama` have them.
  var interleaved: Bool
  /// Whether the embedding is the head too; nil where the file does not say it: then a head that is stored counts.
  var tiesHead: Bool?

  /// Refuses sizes that no model has, before anything is allocated for them.
  func check(_ source: String) throws {
    func fault(_ message: String) -> Diagnostic {
      Diagnostic("M402", "\(source): \(message)", hint: "is it the file of a Llama or Mistral model?")
    }
    for (name, value, limit) in [
      ("hidden size", hidden, 1 << 16), ("number of layers", layers, 1 << 10), ("number of heads", heads, 1 << 10),
      ("number of key-value heads", keyValueHeads, 1 << 10), ("head size", headSize, 1 << 10),
      ("intermediate size", intermediate, 1 << 18), ("context length", positions, 1 << 24),
    ] where value < 1 || value > limit {
      throw fault("a \(name) of \(value) is out of range (1 to \(limit))")
    }
    guard heads % keyValueHeads == 0 else { throw fault("\(heads) heads cannot share \(keyValueHeads) key-value heads") }
    guard headSize % 16 == 0 else { throw fault("a head size of \(headSize) is no multiple of 16") }
    guard epsilon > 0, epsilon < 0.1 else { throw fault("a norm epsilon of \(epsilon) is out of range") }
    if let window, window < 1 { throw fault("a sliding window of \(window) is out of range") }
  }
}
