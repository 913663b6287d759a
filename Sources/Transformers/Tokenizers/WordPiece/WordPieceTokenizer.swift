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

  let matcher: SpecialTokenMatcher
  let normalizer: BasicNormalizer
  let decoder: PieceDecoder
  /// State of the vocabulary's trie after "##"; -1 without such pieces.
  let continuationRoot: Int32

  /// A tokenizer of the given vocabulary, which must have "[UNK]", "[CLS]" and "[SEP]".
  public init(vocabulary: Vocabulary, options: WordPieceOptions) throws(TokenizerError) {
    try self.init(vocabulary, options, nil, file: nil)
  }

  /// `template`: the parts that special tokens are taken from.
  init(
    _ vocabulary: Vocabulary, _ options: WordPieceOptions, added: [AddedSpecialToken], specialTokens: SpecialTokenIDs,
    template: SequenceTemplate, file: String?
  ) throws(TokenizerError) {
    if let token = added.first(where: \.isNormalized) {
      throw TokenizerError(
        file: file, problem: "the added token \"\(token.text)\" is to be matched in normalised text",
        remedy: "set its normalized to false, if the model was trained so")
    }
    self.vocabulary = vocabulary
    self.options = options
    self.specialTokens = specialTokens
    self.template = template
    vocabularySize = try AddedSpecialToken.vocabularySize(vocabulary, adding: added, file: file)
    try template.check(vocabularySize: vocabularySize, file: file)
    matcher = try SpecialTokenMatcher(added.map { (Array($0.text.utf8), $0.id) })
    normalizer = BasicNormalizer(options, matcher: matcher)
    decoder = PieceDecoder(vocabulary.pieces, added: added)
    continuationRoot = vocabulary.trie.state(after: Self.continuationPrefix) ?? -1
  }

  /// Appends the ids of `text` without special tokens around it.
  public func appendPieces(of text: String, to ids: inout [Int32]) {
    withScanner { scanner in
      UTF8Coding.withBytes(text) { scanner.scan($0, into: &ids) }
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
        UTF8Coding.withBytes(word) { scanner.scan($0, into: &ids) }
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
  /// closing punctuation and English contractions.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    WordPieceDecoder.text(of: decoder.pieces(of: ids, skipSpecialTokens: skipSpecialTokens))
  }
}
