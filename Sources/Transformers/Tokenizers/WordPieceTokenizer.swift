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
  let decoder: WordPieceDecoder
  /// State of the vocabulary's trie after "##"; -1 without such pieces.
  let continuationRoot: Int32

  /// Loads `vocab.txt` and, when present, `tokenizer_config.json` from a model folder.
  ///
  /// Where the configuration does not say so, text is lower-cased unless the vocabulary is a cased one: BERT's default is
  /// true, but folders without the entry exist for cased models too. Cased is a vocabulary with capital ASCII letters in a
  /// piece that begins a word and is not bracketed.
  public init(folder: String) throws(TokenizerError) {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    let configurationFile = base + "tokenizer_config.json"
    let vocabularyFile = base + "vocab.txt"
    guard FileContents.exists(vocabularyFile) else {
      throw TokenizerError(
        file: vocabularyFile, problem: "the vocabulary is missing",
        remedy: "put the model's vocab.txt into its folder, or check that this is the folder of a BERT model")
    }
    let vocabulary = try Vocabulary(file: vocabularyFile)
    let configuration = try TokenizerConfiguration.read(configurationFile)
    let options = WordPieceOptions(
      lowercases: configuration?.lowercases ?? !vocabulary.isCased, stripsAccents: configuration?.stripsAccents,
      spacesIdeographs: configuration?.spacesIdeographs ?? true)
    let added = try configuration?.specialTokens(file: configurationFile) ?? []
    try self.init(vocabulary, options, added: added, file: vocabularyFile, addedIn: configurationFile)
  }

  /// Loads a vocabulary file alone. `options` nil: the defaults of a folder without configuration.
  public init(vocabularyFile: String, options: WordPieceOptions? = nil) throws(TokenizerError) {
    let vocabulary = try Vocabulary(file: vocabularyFile)
    let options = options ?? WordPieceOptions(lowercases: !vocabulary.isCased)
    try self.init(vocabulary, options, added: [], file: vocabularyFile, addedIn: nil)
  }

  /// A tokenizer of the given vocabulary, which must have "[UNK]", "[CLS]" and "[SEP]".
  public init(vocabulary: Vocabulary, options: WordPieceOptions) throws(TokenizerError) {
    try self.init(vocabulary, options, added: [], file: nil, addedIn: nil)
  }

  private init(
    _ vocabulary: Vocabulary, _ options: WordPieceOptions, added: [AddedSpecialToken], file: String?, addedIn: String?
  ) throws(TokenizerError) {
    func required(_ piece: String) throws(TokenizerError) -> Int32 {
      if let id = vocabulary.id(of: piece) { return id }
      throw TokenizerError(
        file: file, problem: "the vocabulary has no \(piece)",
        remedy: "use the vocab.txt of a BERT model; it lists [UNK], [CLS] and [SEP]")
    }
    let specials = SpecialTokenIDs(
      cls: try required("[CLS]"), sep: try required("[SEP]"), pad: vocabulary.id(of: "[PAD]") ?? 0,
      unk: try required("[UNK]"), mask: vocabulary.id(of: "[MASK]"))
    var literals: [AddedSpecialToken] = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"].compactMap { text in
      vocabulary.id(of: text).map { AddedSpecialToken(text: text, id: $0, isSpecial: true) }
    }
    var size = vocabulary.count
    for token in added where !literals.contains(where: { $0.text.utf8.elementsEqual(token.text.utf8) }) {
      // New tokens are numbered on from the vocabulary; anything else would be another model's list.
      guard token.id == vocabulary.id(of: token.text) ?? Int32(size) else {
        throw TokenizerError(
          file: addedIn, problem: "the added token \"\(token.text)\" has the id \(token.id), which vocab.txt contradicts",
          remedy: "use the vocab.txt and the tokenizer_config.json of the same model")
      }
      literals.append(token)
      size = max(size, Int(token.id) + 1)
    }
    self.vocabulary = vocabulary
    self.options = options
    specialTokens = specials
    template = SequenceTemplate(prefix: [specials.cls], separator: [specials.sep], suffix: [specials.sep], secondTypeID: 1)
    vocabularySize = size
    matcher = SpecialTokenMatcher(literals.map { (Array($0.text.utf8), $0.id) })
    normalizer = BasicNormalizer(options, matcher: matcher)
    decoder = WordPieceDecoder(vocabulary.pieces, added: literals)
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
    decoder.decode(ids, skipSpecialTokens: skipSpecialTokens)
  }
}
