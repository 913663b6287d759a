extension WordPieceTokenizer {
  /// Loads `tokenizer.json`, or `vocab.txt` where that is missing, and `tokenizer_config.json` where it is there, from a model
  /// folder. The configuration's settings of case, accents and ideographs outrank those of `tokenizer.json`, as they do in
  /// the reference.
  ///
  /// Where nothing says so, text is lower-cased unless the vocabulary is a cased one: BERT's default is true, but folders
  /// without the entry exist for cased models too. Cased is a vocabulary with capital ASCII letters in a piece that begins a
  /// word and is not bracketed.
  public init(folder: String) throws(TokenizerError) {
    let configuration = try TokenizerConfiguration(folder: folder)
    let file = folder + "/tokenizer.json"
    if FileContents.exists(file) {
      try self.init(TokenizerFile(file), configuration)
    } else {
      try self.init(vocabularyIn: folder, configuration)
    }
  }

  /// Loads a vocabulary file alone. `options` nil: the defaults of a folder without configuration.
  public init(vocabularyFile: String, options: WordPieceOptions? = nil) throws(TokenizerError) {
    let vocabulary = try Vocabulary(file: vocabularyFile)
    let options = options ?? WordPieceOptions(lowercases: !vocabulary.isCased)
    try self.init(vocabulary, options, added: [], file: vocabularyFile, addedIn: nil)
  }

  init(vocabularyIn folder: String, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let file = folder + "/vocab.txt"
    guard FileContents.exists(file) else {
      throw TokenizerError(
        file: file, problem: "the vocabulary is missing",
        remedy: "put the model's vocab.txt into its folder, or check that this is the folder of a BERT model")
    }
    let vocabulary = try Vocabulary(file: file)
    let options = WordPieceOptions(
      lowercases: configuration.lowercases ?? !vocabulary.isCased, stripsAccents: configuration.stripsAccents,
      spacesIdeographs: configuration.spacesIdeographs ?? true)
    try self.init(vocabulary, options, added: configuration.addedTokens, file: file, addedIn: configuration.file)
  }

  init(_ file: TokenizerFile, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let vocabulary = try Vocabulary(file.model["vocab"], file: file.path)
    guard let unk = file.model["unk_token"]?.string.flatMap({ vocabulary.id(of: $0) }) else {
      throw file.malformed("the model's unk_token is not in its vocabulary")
    }
    try file.require(file.model, "continuing_subword_prefix", "##")
    guard file.model["max_input_chars_per_word"]?.id ?? 100 == WordPieceScanner.maxWordLength else {
      throw file.refusal("words of another length than \(WordPieceScanner.maxWordLength)")
    }
    _ = try file.step("pre_tokenizer", "BertPreTokenizer")
    let decoder = try file.step("decoder", "WordPiece")
    try file.require(decoder, "cleanup", true)
    let normalizer = try file.step("normalizer", "BertNormalizer")
    try file.require(normalizer, "clean_text", true)
    let template = try file.template()
    try self.init(
      vocabulary,
      WordPieceOptions(
        lowercases: configuration.lowercases ?? normalizer["lowercase"]?.bool ?? true,
        stripsAccents: configuration.stripsAccents ?? normalizer["strip_accents"]?.bool,
        spacesIdeographs: configuration.spacesIdeographs ?? normalizer["handle_chinese_chars"]?.bool ?? true),
      added: try file.addedTokens(),
      specialTokens: try SpecialTokenIDs(
        template, unk: unk, vocabulary, padding: configuration.padding ?? "[PAD]", mask: configuration.mask ?? "[MASK]",
        file: file.path),
      template: template, file: file.path)
  }

  /// A vocabulary with BERT's own names of special tokens. Without "[PAD]" in it, padding is id 0: padded positions are masked,
  /// any id that has an embedding will do.
  init(
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
    literals.replace(by: added)
    try self.init(
      vocabulary, options, added: literals, specialTokens: specials,
      template: SequenceTemplate(prefix: [specials.cls], separator: [specials.sep], suffix: [specials.sep], secondTypeID: 1),
      file: addedIn ?? file)
  }
}
