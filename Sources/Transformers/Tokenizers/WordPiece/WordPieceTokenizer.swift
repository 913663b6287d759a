/// BERT's tokenizer: the basic tokenizer (cleaning, CJK ideographs, accents, case, punctuation) followed by greedy longest
/// match of each word. The second and later pieces of a word are those that begin with "##" in the vocabulary.
public struct WordPieceTokenizer: Tokenizer {
  static let continuationPrefix = [UInt8](repeating: UInt8(ascii: "#"), count: 2)

  /// The pieces of the model, without tokens that were added to it.
  public let vocabulary: Vocabulary
  /// The settings in force.
  public let options: WordPieceOptions
  /// Ids of the special tokens. Without "[PAD]" in the vocabulary, padding is id 0: padded positions are masked, any id
  /// that has an embedding will do.
  public let specialTokens: SpecialTokenIDs
  /// "[CLS] A [SEP]" and "[CLS] A [SEP] B [SEP]".
  public let template: SequenceTemplate
  /// Number of ids, added tokens included.
  public let vocabularySize: Int

  /// Finds the added tokens, unless ``normalizedTokens`` does.
  let matcher: SpecialTokenMatcher
  let normalizer: BasicNormalizer
  let decoder: PieceDecoder
  private let normalizedTokens: NormalizedTokens?
  private let words: WordPieceDecoder
  /// State of the vocabulary's trie after "##"; -1 without such pieces.
  let continuationRoot: Int32

  /// A tokenizer of the given vocabulary, which must have "[UNK]", "[CLS]" and "[SEP]".
  public init(vocabulary: Vocabulary, options: WordPieceOptions) throws(TokenizerError) {
    try self.init(vocabulary, options, nil, file: nil)
  }

  /// `template`: the parts that special tokens are taken from; `words`: how pieces become a text.
  init(
    _ vocabulary: Vocabulary, _ options: WordPieceOptions, added: [AddedSpecialToken], specialTokens: SpecialTokenIDs,
    template: SequenceTemplate, words: WordPieceDecoder = WordPieceDecoder(), file: String?
  ) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.options = options
    self.specialTokens = specialTokens
    self.template = template
    vocabularySize = try AddedSpecialToken.vocabularySize(vocabulary, adding: added, file: file)
    try template.check(vocabularySize: vocabularySize, file: file)
    let normalizes = added.contains(where: \.isNormalized)
    normalizedTokens = normalizes ? try NormalizedTokens(added, options) : nil
    matcher = try SpecialTokenMatcher(normalizes ? [] : added.map { (Array($0.text.utf8), $0.id) })
    normalizer = BasicNormalizer(normalizes ? NormalizedTokens.scannerOptions : options, matcher: matcher)
    self.words = words
    decoder = PieceDecoder(vocabulary.pieces, added: added)
    continuationRoot = vocabulary.trie.state(after: Self.continuationPrefix) ?? -1
  }

  /// Appends the ids of `text` without special tokens around it.
  public func appendPieces(of text: String, to ids: inout [Int32]) {
    withScanner { scanner in
      UTF8Coding.withBytes(text) { append($0, &scanner, to: &ids) }
    }
  }

  private func append(_ bytes: UnsafeBufferPointer<UInt8>, _ scanner: inout WordPieceScanner, to ids: inout [Int32]) {
    guard let normalizedTokens else { return scanner.scan(bytes, into: &ids) }
    normalizedTokens.split(bytes) {
      ids.append($0)
    } text: {
      scanner.scan($0, into: &ids)
    }
  }

  /// Ids of a text that is split into words, and the index of the word for each id.
  public func encode(words: [String]) -> (ids: [Int32], wordIDs: [Int32]) {
    var ids = template.prefix
    var wordIDs = [Int32](repeating: -1, count: ids.count)
    ids.reserveCapacity(words.count * 2)
    wordIDs.reserveCapacity(words.count * 2)
    // One scanner for all words: setting one up takes longer than a word does.
    withScanner { scanner in
      for (index, word) in words.enumerated() {
        UTF8Coding.withBytes(word) { append($0, &scanner, to: &ids) }
        while wordIDs.count < ids.count { wordIDs.append(Int32(index)) }
      }
    }
    ids += template.suffix
    wordIDs += repeatElement(-1, count: ids.count - wordIDs.count)
    return (ids, wordIDs)
  }

  // The scanner borrows the tables of `self` by pointer.
  private func withScanner(_ body: (inout WordPieceScanner) -> Void) {
    withExtendedLifetime(self) {
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: WordPieceScanner.wordCapacity) { word in
        var scanner = WordPieceScanner(self, word: word)
        body(&scanner)
      }
    }
  }

  /// Text of a sequence of ids: pieces with "##" continue a word, others begin one after a space, which is left out before
  /// closing punctuation and English contractions unless the tokenizer.json's decoder says otherwise.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    words.text(of: decoder.pieces(of: ids, skipSpecialTokens: skipSpecialTokens))
  }
}
