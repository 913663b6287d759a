/// RoBERTa's tokenizer: GPT-2's byte-level byte-pair encoding. The space before a word belongs to it.
public struct BytePairTokenizer: Tokenizer {
  /// Ids of the special tokens.
  public let specialTokens: SpecialTokenIDs
  /// "<s> A </s>" and "<s> A </s></s> B </s>".
  public let template: SequenceTemplate
  /// Number of ids, added tokens included.
  public let vocabularySize: Int
  /// Whether a text that does not begin with a space gets one (`add_prefix_space`).
  public let addsPrefixSpace: Bool

  let model: BytePairModel
  let added: AddedTokens
  let decoder: PieceDecoder
  private let scratches = ScratchPool { BytePairScratch() }

  init(
    _ model: BytePairModel, addsPrefixSpace: Bool, added: [AddedSpecialToken], specialTokens: SpecialTokenIDs,
    template: SequenceTemplate, file: String
  ) throws(TokenizerError) {
    self.model = model
    self.addsPrefixSpace = addsPrefixSpace
    self.specialTokens = specialTokens
    self.template = template
    self.added = try AddedTokens(added)
    decoder = PieceDecoder(model.vocabulary.pieces, added: added)
    vocabularySize = try AddedSpecialToken.vocabularySize(model.vocabulary, adding: added, file: file)
    try template.check(vocabularySize: vocabularySize, file: file)
  }

  /// Appends the ids of `text` without special tokens around it.
  public func appendPieces(of text: String, to ids: inout [Int32]) { append(text, prefix: addsPrefixSpace, to: &ids) }

  /// Ids of one word. Every word gets a space in front, whatever `addsPrefixSpace` says: without, a text that is split into words
  /// would be one long word to the model.
  public func pieces(of word: String) -> [Int32] {
    var ids: [Int32] = []
    append(word, prefix: true, to: &ids)
    return ids
  }

  /// Ids of a text that is split into words, each with a space in front, and the index of the word for each id.
  public func encode(words: [String]) -> (ids: [Int32], wordIDs: [Int32]) {
    scratches.with { scratch in
      encode(words: words) { append($0, prefix: true, &scratch, to: &$1) }
    }
  }

  private func append(_ text: String, prefix: Bool, to ids: inout [Int32]) {
    scratches.with { append(text, prefix: prefix, &$0, to: &ids) }
  }

  private func append(_ text: String, prefix: Bool, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    UTF8Coding.withBytes(text) { bytes in
      added.split(bytes) {
        ids.append($0)
      } text: { stretch in
        var stretch = stretch
        if prefix, stretch.first != 0x20 {
          scratch.text.count = 0
          scratch.text.reserve(1)
          scratch.text.append(0x20)
          scratch.text.append(copying: stretch)
          stretch = scratch.text.elements
        }
        appendWords(of: stretch, &scratch, to: &ids)
      }
    }
  }

  private func appendWords(
    of text: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]
  ) {
    let splitter = ByteLevelSplitter.shared
    var position = 0
    while position < text.count {
      let end = splitter.end(in: text, from: position)
      let word = UnsafeBufferPointer(rebasing: text[position..<end])
      let hash = PieceCache.hash(word)
      if !scratch.cache.append(word, hash: hash, to: &ids) {
        let start = ids.count
        model.append(word, &scratch, to: &ids)
        scratch.cache.insert(word, hash: hash, ids: ids[start...])
      }
      position = end
    }
  }

  /// Text of a sequence of ids; bytes that are no UTF-8 become U+FFFD.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    let pieces = decoder.pieces(of: ids, skipSpecialTokens: skipSpecialTokens)
    return String(decoding: pieces.flatMap { ByteLevel.bytes(of: $0) }, as: UTF8.self)
  }
}
