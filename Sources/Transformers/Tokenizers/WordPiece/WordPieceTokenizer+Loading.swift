extension WordPieceTokenizer {
  /// Loads a vocabulary file alone. `options` nil: the defaults of a folder without configuration.
  public init(vocabularyFile: String, options: WordPieceOptions? = nil) throws(TokenizerError) {
    let vocabulary = try Vocabulary(file: vocabularyFile)
    let options = options ?? WordPieceOptions(lowercases: !vocabulary.isCased)
    try self.init(vocabulary, options, nil, file: vocabularyFile)
  }

  /// The `vocab.txt` of a BERT model.
  ///
  /// Where nothing says so, text is lower-cased unless the vocabulary is a cased one: BERT's default is true, but folders
  /// without the entry exist for cased models too. Cased is a vocabulary with capital ASCII letters in a piece that begins a
  /// word and is not bracketed.
  init(vocabularyIn folder: String, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let file = folder + "/vocab.txt"
    let vocabulary = try Vocabulary(file: file)
    let options = WordPieceOptions(
      lowercases: configuration.lowercases ?? !vocabulary.isCased, stripsAccents: configuration.stripsAccents,
      spacesIdeographs: configuration.spacesIdeographs ?? true)
    try self.init(vocabulary, options, configuration, file: file)
  }

  /// A `tokenizer.json`. The configuration's settings of case, accents and ideographs outrank those of the file, as they do in
  /// the reference.
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
    let normalizer = try file.step("normalizer", "BertNormalizer")
    try file.require(normalizer, "clean_text", true)
    let template = try file.template()
    var added = try file.addedTokens()
    added.merge(configuration.addedTokens, keeping: true, vocabulary)
    try self.init(
      vocabulary,
      WordPieceOptions(
        lowercases: configuration.lowercases ?? normalizer["lowercase"]?.bool ?? true,
        stripsAccents: configuration.stripsAccents ?? normalizer["strip_accents"]?.bool,
        spacesIdeographs: configuration.spacesIdeographs ?? normalizer["handle_chinese_chars"]?.bool ?? true),
      added: added,
      specialTokens: try SpecialTokenIDs(
        template, unk: unk, vocabulary, padding: configuration.names[.pad] ?? "[PAD]",
        mask: configuration.names[.mask] ?? "[MASK]",
        file: file.path),
      template: template, words: WordPieceDecoder(file), file: file.path)
  }

  /// A vocabulary with BERT's own names of special tokens, or those of a configuration. Without "[PAD]" in it, padding is id 0:
  /// padded positions are masked, any id that has an embedding will do.
  init(
    _ vocabulary: Vocabulary, _ options: WordPieceOptions, _ configuration: TokenizerConfiguration?, file: String?
  ) throws(TokenizerError) {
    func name(_ role: TokenizerConfiguration.Role, _ name: String) -> String { configuration?.names[role] ?? name }
    func required(_ role: TokenizerConfiguration.Role, _ usual: String) throws(TokenizerError) -> Int32 {
      let piece = name(role, usual)
      if let id = vocabulary.id(of: piece) { return id }
      throw TokenizerError(
        file: file, problem: "the vocabulary has no \(piece)",
        remedy: "use the vocab.txt of a BERT model; it lists [UNK], [CLS] and [SEP]")
    }
    let specials = SpecialTokenIDs(
      cls: try required(.cls, "[CLS]"), sep: try required(.sep, "[SEP]"),
      pad: vocabulary.id(of: name(.pad, "[PAD]")) ?? 0, unk: try required(.unk, "[UNK]"),
      mask: vocabulary.id(of: name(.mask, "[MASK]")))
    var added = [AddedSpecialToken](["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"], in: vocabulary)
    added.merge(configuration?.addedTokens ?? [], vocabulary)
    try self.init(
      vocabulary, options, added: added, specialTokens: specials,
      template: SequenceTemplate(prefix: [specials.cls], separator: [specials.sep], suffix: [specials.sep], secondTypeID: 1),
      file: configuration?.file ?? file)
  }
}
