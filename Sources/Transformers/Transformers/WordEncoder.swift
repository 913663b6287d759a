import FoundationEssentials
import PluginAPI
import Synchronization
import Tokenizers

/// The encoder that BERT-like plugins export: a tokenizer and a ``TransformerEncoder`` behind the plugin protocol. Tasks may share
/// it: their passes take turns, since each uses all threads and memory that the next one uses again.
public final class WordEncoder: TokenEncoder {
  private let transformer: TransformerEncoder?
  private let tokenizer: any Tokenizer
  private let limits: SequenceLimits
  private let dropout: Float?
  /// The model folder.
  public let model: String
  /// What was cut so far. Who holds it has the transformer to himself.
  private let turn = Mutex(TruncationLedger())

  /// Loads the model in `folder`.
  /// - Parameters:
  ///   - dropout: overrides the configuration's dropout; nil keeps it.
  ///   - firstPosition: 0 for BERT, padding index + 1 for RoBERTa.
  ///   - precision: of all matrix products.
  public init(
    folder: String, config: TransformerConfig, tokenizer: any Tokenizer, firstPosition: Int, dropout: Float?,
    precision: Precision, services: Services
  ) throws {
    guard tokenizer.vocabularySize <= config.vocabulary else {
      throw Diagnostic(
        "M404", "\(folder): the vocabulary has \(tokenizer.vocabularySize) pieces but config.json says \(config.vocabulary)",
        hint: "do both files belong to this model?")
    }
    // Tables are padded by a few rows; half a vocabulary is a file that was cut short.
    if tokenizer.vocabularySize < config.vocabulary * 9 / 10 {
      services.log(
        .warning,
        "\(folder): the vocabulary has \(tokenizer.vocabularySize) pieces, config.json says \(config.vocabulary): is it whole?")
    }
    let checkpoint = try Checkpoint(folder: folder)
    try TransformerEncoder.check(config, against: checkpoint)
    let transformer = TransformerEncoder(config: config, precision: precision)
    try transformer.load(checkpoint) { services.log($0, $1) }
    self.transformer = transformer
    self.tokenizer = tokenizer
    self.dropout = dropout
    limits = SequenceLimits(tokens: config.positions - firstPosition, firstPosition: Int32(firstPosition))
    model = folder
  }

  /// The tokenizer alone, for a ``Shape`` that is `textOnly`.
  public init(folder: String, tokenizer: any Tokenizer) {
    transformer = nil
    self.tokenizer = tokenizer
    dropout = nil
    limits = SequenceLimits(tokens: 0, firstPosition: 0)
    model = folder
  }

  private func loaded() throws -> TransformerEncoder {
    guard let transformer else { throw PluginError("\(model) was opened for its tokenizer alone") }
    return transformer
  }

  /// What was cut so far.
  public var truncation: TruncationLedger { turn.withLock { $0 } }
  /// The width of hidden states.
  public var width: Int { transformer?.config.hidden ?? 0 }
  /// The encoder's weights.
  public var parameters: [Parameter] { transformer?.parameters ?? [] }

  /// The last hidden state of each word's first piece.
  public func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void> {
    let encoder = try loaded()
    let layout = SentenceLayout(batch, tokenizer: tokenizer, limits: limits)
    turn.withLock { $0.add(layout.truncation) }
    let selection = TokenSelection(layout.wordRows, of: layout.tokens), places = selection.places(of: layout.wordRows)
    guard mode.training else {
      let hidden = turn.withLock { _ in encoder.infer(layout.tokens, rows: selection) }
      let words = gather(hidden, places, layout.wordOffsets)
      return Forward(words) { _ in throw PluginError("backward of an encoder's inference pass") }
    }
    guard encoder.precision != .int8 else {
      throw PluginError("`precision: int8` is for inference only; train with fp32 or bf16 and evaluate with int8 afterwards")
    }
    let random = mode.stream("encoder.dropout", view: batch.view)
    let hidden = turn.withLock { [dropout] _ in
      Scatter(encoder.forward(layout.tokens, rows: selection, dropout: dropout, random: random))
    }
    let words = gather(hidden.value, places, layout.wordOffsets)
    return Forward(words) { [self] dwords in
      let dhidden = Tensor(zeros: [selection.rows.count, width])
      for (word, place) in places.enumerated() where place >= 0 {
        Kernels.add(dhidden.data + place * width, dwords.data + word * width, count: width)
      }
      try turn.withLock { _ in try hidden.backward(dhidden) }
    }
  }

  /// A word is its first piece; a word without pieces is zero.
  private func gather(_ hidden: Tensor, _ places: [Int], _ offsets: [Int]) -> WordVectors {
    let words = Tensor(zeros: [places.count, width])
    for (word, place) in places.enumerated() where place >= 0 {
      (words.data + word * width).update(from: hidden.data + place * width, count: width)
    }
    return WordVectors(offsets: offsets, tensor: words)
  }

  /// Ids with special tokens, never truncated.
  public func tokenize(_ text: String) throws -> SubTokens {
    let ids = tokenizer.encode(text)
    return SubTokens(ids: ids.map(Int.init), wordIDs: [])
  }

  /// Ids and words of a text that is already split.
  public func tokenize(words: [String]) throws -> SubTokens {
    let (ids, wordIDs) = tokenizer.encode(words: words)
    return SubTokens(ids: ids.map(Int.init), wordIDs: wordIDs.map(Int.init))
  }

  /// The last hidden states of each text, [tokens with special tokens, width]. Throws for a text longer than the model.
  public func hiddenStates(_ texts: [String]) throws -> [Tensor] {
    try hiddenStates(ids: texts.map { tokenizer.encode($0).map(Int.init) }, layer: nil)
  }

  /// The longest sequence, special tokens included.
  public var longestSequence: Int { limits.tokens }

  /// The states behind `layer` layers, sequences packed without padding. Those of one pass share memory.
  public func hiddenStates(ids: [[Int]], layer: Int?) throws -> [Tensor] {
    let encoder = try loaded(), last = encoder.config.layers
    guard (0...last).contains(layer ?? last) else {
      throw PluginError("\(model) has \(last) layers; layer \(layer ?? last) was asked for")
    }
    var states: [Tensor] = []
    var batch = PackedTokens()
    func flush() {
      guard batch.count > 0 else { return }
      let hidden = turn.withLock { [batch] _ in encoder.infer(batch, layers: layer ?? last) }
      for s in 0..<batch.offsets.count - 1 {
        states.append(hidden.rows(Int(batch.offsets[s])..<Int(batch.offsets[s + 1])))
      }
      batch = PackedTokens()
    }
    for (i, sequence) in ids.enumerated() {
      guard sequence.count <= limits.tokens else {
        throw PluginError("text \(i) has \(sequence.count) tokens; the model reads at most \(limits.tokens)")
      }
      guard !sequence.isEmpty else { throw PluginError("text \(i) has no tokens, not even the special ones") }
      if let id = sequence.first(where: { !(0..<encoder.config.vocabulary).contains($0) }) {
        throw PluginError("text \(i) has the id \(id); those of \(model) are 0 to \(encoder.config.vocabulary - 1)")
      }
      if batch.count + sequence.count > 2048 { flush() }
      batch.append(sequence.map(Int32.init), firstPosition: limits.firstPosition)
    }
    flush()
    return states
  }
}

/// Keeps a one-shot pullback inside a closure that may be called once.
private final class Scatter {
  let value: Tensor
  private var hidden: Forward<Tensor, Tensor, Void>?

  init(_ hidden: consuming Forward<Tensor, Tensor, Void>) {
    value = hidden.value
    self.hidden = consume hidden
  }

  func backward(_ dhidden: Tensor) throws {
    guard let hidden = hidden.take() else { throw PluginError("an encoder's pass was propagated back twice") }
    try hidden.backward(dhidden)
  }
}

extension TruncationLedger {
  fileprivate mutating func add(_ cut: TruncationLedger) {
    contextWords += cut.contextWords
    contextsCut += cut.contextsCut
    sentencesWindowed += cut.sentencesWindowed
  }
}
