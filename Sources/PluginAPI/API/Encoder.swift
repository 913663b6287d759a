/// Turns words into vectors.
public protocol Encoder: Plugin {
  /// The width of a word vector.
  var width: Int { get }
  /// The name and digest of the pretrained model, for the run's record.
  var model: String { get }
  /// What was cut since the instance was made, inference and training together.
  var truncation: TruncationLedger { get }

  /// Exactly one finite vector a word of each sentence, whatever its context. A word without pieces gets a zero vector.
  /// Throws where a sentence cannot be encoded.
  /// - Returns: vectors [words, width]; the pullback takes their gradient and accumulates the parameters'.
  func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void>
}

extension Encoder {
  /// Nothing cut.
  public var truncation: TruncationLedger { TruncationLedger() }
  /// Unnamed.
  public var model: String { "" }
}

/// Sub-tokens of a text: ids with special tokens and, for each, the index of its word or -1.
public struct SubTokens: Sendable {
  /// The vocabulary indices.
  public var ids: [Int]
  /// The word of each, -1 for special tokens.
  public var wordIDs: [Int]

  /// Sub-tokens.
  public init(ids: [Int], wordIDs: [Int]) {
    self.ids = ids
    self.wordIDs = wordIDs
  }
}

/// A plugin whose model reads sub-tokens, shown for `calm tokenize` and `calm encode`.
public protocol TokenEncoder: Encoder {
  /// Ids with special tokens, never truncated; special tokens written in the text are parsed. Throws for a text that
  /// the tokenizer cannot read.
  func tokenize(_ text: String) throws -> SubTokens
  /// The same for words that are already split; throws alike.
  func tokenize(words: [String]) throws -> SubTokens
  /// The last hidden states of each text, [tokens with special tokens, width]. Throws for a text longer than the model reads.
  func hiddenStates(_ texts: [String]) throws -> [Tensor]
  /// The longest sequence that the model reads, special tokens included.
  var longestSequence: Int { get }
  /// The states [tokens, width] of sequences of ids, special tokens included, behind `layer` layers: 0 gives the embeddings, nil
  /// the last layer. The tensors are the caller's. Throws ``PluginError`` for a layer that there is not, and for a sequence
  /// longer than ``longestSequence``.
  func hiddenStates(ids: [[Int]], layer: Int?) throws -> [Tensor]
}
