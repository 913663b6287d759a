/// XLM-RoBERTa's tokenizer: SentencePiece's normalisation, a split at white space and a Unigram model.
public struct UnigramTokenizer: Tokenizer {
  /// Ids of the special tokens.
  public let specialTokens: SpecialTokenIDs
  /// "<s> A </s>" and "<s> A </s></s> B </s>".
  public let template: SequenceTemplate
  /// Number of ids, added tokens included.
  public let vocabularySize: Int

  let model: UnigramModel
  let normalizer: TextNormalizer
  let metaspace: Metaspace
  let added: AddedTokens
  let decoder: PieceDecoder
  private let scratches = ScratchPool { UnigramScratch() }

  init(
    _ model: UnigramModel, normalizer: TextNormalizer, metaspace: Metaspace, added: [AddedSpecialToken],
    specialTokens: SpecialTokenIDs, template: SequenceTemplate, file: String
  ) throws(TokenizerError) {
    self.model = model
    self.normalizer = normalizer
    self.metaspace = metaspace
    self.specialTokens = specialTokens
    self.template = template
    self.added = try AddedTokens(added) { normalizer.apply($0) }
    decoder = PieceDecoder(model.vocabulary.pieces, added: added)
    vocabularySize = try AddedSpecialToken.vocabularySize(model.vocabulary, adding: added, file: file)
    try template.check(vocabularySize: vocabularySize, file: file)
  }

  /// Appends the ids of `text` without special tokens around it.
  public func appendPieces(of text: String, to ids: inout [Int32]) {
    scratches.with { scratch in
      UTF8Coding.withBytes(text) { append($0, &scratch, to: &ids) }
    }
  }

  /// Ids of a text that is split into words, and the index of the word for each id.
  public func encode(words: [String]) -> (ids: [Int32], wordIDs: [Int32]) {
    scratches.with { scratch in
      encode(words: words) { word, ids in
        UTF8Coding.withBytes(word) { append($0, &scratch, to: &ids) }
      }
    }
  }

  private func append(_ bytes: UnsafeBufferPointer<UInt8>, _ scratch: inout UnigramScratch, to ids: inout [Int32]) {
    added.split(bytes) {
      normalizer.apply($0, &scratch.normalization)
    } token: {
      ids.append($0)
    } text: { text in
      scratch.word.reserve(text.count + Metaspace.mark.count)
      metaspace.forEachPiece(in: text, piece: scratch.word.storage) { piece in
        let hash = PieceCache.hash(piece)
        if scratch.cache.append(piece, hash: hash, to: &ids) { return }
        let start = ids.count
        model.append(piece, nodes: &scratch.nodes, to: &ids)
        scratch.cache.insert(piece, hash: hash, ids: ids[start...])
      }
    }
  }

  /// Text of a sequence of ids: words are those that begin with U+2581.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    metaspace.text(of: decoder.pieces(of: ids, skipSpecialTokens: skipSpecialTokens))
  }
}
