extension PieceLanguageTokenizer {
  /// A SentencePiece model and the folder's tokens behind its pieces.
  init(_ source: SentencePieceModel, _ folder: LanguageFolder) throws(TokenizerError) {
    func refusal(_ problem: String) -> TokenizerError {
      TokenizerError(
        file: source.file, problem: "this program cannot do \(problem) of a language model",
        remedy: "use a model with the tokenizer of the Llama 2 family, or put its tokenizer.json in the place of this file")
    }
    guard source.modelType == SentencePieceModel.bytePair else { throw refusal("another SentencePiece model than BPE") }
    guard source.charsMap.isEmpty else { throw refusal("a normaliser with a characters map") }
    guard source.marksSpaces else { throw refusal("escape_whitespaces: false") }
    guard !source.marksWordEnds else { throw refusal("treat_whitespace_as_suffix: true") }
    let vocabulary = try Vocabulary(numbered: source.pieces, file: source.file)
    var kinds: [PiecePairModel.Kind] = []
    for (id, kind) in source.kinds.enumerated() {
      guard let kind = UInt8(exactly: kind).flatMap(PiecePairModel.Kind.init) else {
        throw refusal("the type \(kind) of piece \(id)")
      }
      kinds.append(kind)
    }
    let byteIDs = source.fallsBackToBytes ? Self.byteIDs(vocabulary) : nil
    guard !source.fallsBackToBytes || byteIDs != nil else { throw refusal("byte_fallback without the 256 pieces of bytes") }
    let unk = try LanguageSettings.check(source.unk, "unk_id", file: source.file, vocabularySize: vocabulary.count)
    // -1: there is none.
    func id(_ id: Int, _ key: String) throws(TokenizerError) -> Int32? {
      id < 0 ? nil : try LanguageSettings.check(id, key, file: source.file, vocabularySize: vocabulary.count)
    }
    var added = kinds.indices.filter { kinds[$0] == .control || kinds[$0] == .unknown }.map {
      AddedSpecialToken(text: vocabulary.pieces.string($0), id: Int32($0), isSpecial: true)
    }
    added.merge(folder.configuration.addedTokens, keeping: true, vocabulary)
    let size = try AddedSpecialToken.vocabularySize(vocabulary, adding: added, file: folder.configuration.file ?? source.file)
    let settings = try folder.settings(
      bos: try id(source.bos, "bos_id"), eos: try id(source.eos, "eos_id"), addsBOS: true, vocabularySize: size
    ) { text in added.first { $0.text.utf8.elementsEqual(text.utf8) }?.id }
    try self.init(
      LanguageTokens(surfaces: Self.surfaces(vocabulary.pieces, kinds, byteIDs: byteIDs), tokens: added, settings),
      PiecePairModel(vocabulary, scores: source.scores, kinds: kinds, byteIDs: byteIDs, unk: unk),
      PieceNormalizer(
        prefix: source.addsPrefix ? .everyStretch : .none, removesExtraSpaces: source.removesExtraSpaces),
      leading: source.removesExtraSpaces ? .ofEachPiece : source.addsPrefix ? .one : .none,
      userDefined: kinds.indices.filter { kinds[$0] == .userDefined }.map {
        AddedSpecialToken(text: vocabulary.pieces.string($0), id: Int32($0), isSpecial: false)
      }, byteIDs: byteIDs)
  }

  /// A `tokenizer.json` whose model merges characters and falls back to bytes.
  init(_ file: TokenizerFile, _ folder: LanguageFolder) throws(TokenizerError) {
    let model = file.model
    let vocabulary = try Vocabulary(model["vocab"], file: file.path)
    try file.require(model, "ignore_merges", false)
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] { try file.require(model, key, "") }
    guard model["dropout"]?.number ?? 0 == 0 else { throw file.refusal("dropout of merges") }
    guard model["byte_fallback"]?.bool == true else { throw file.refusal("byte_fallback: false without a ByteLevel step") }
    guard let byteIDs = Self.byteIDs(vocabulary) else {
      throw file.malformed("the vocabulary lacks pieces of bytes, <0x00> to <0xFF>")
    }
    var merges = MergeList(file: file.path) { "merges[\($0)]" }
    guard model["merges"]?.isArray == true else { throw file.malformed("the model has no merges") }
    try merges.append(model["merges"])
    var added = try file.addedTokens()
    let prefix = try Self.prefix(file)
    added.merge(folder.configuration.addedTokens, keeping: true, vocabulary)
    if let token = added.first(where: \.isNormalized), file.steps("normalizer").count > 0 {
      throw file.refusal("the added token \"\(token.text)\", which is to be found in the normalised text")
    }
    let size = try AddedSpecialToken.vocabularySize(vocabulary, adding: added, file: file.path)
    let first = try file.firstSpecialToken()
    let settings = try folder.settings(bos: first, eos: nil, addsBOS: first != nil, vocabularySize: size) { text in
      added.first { $0.text.utf8.elementsEqual(text.utf8) }?.id ?? vocabulary.id(of: text)
    }
    let kinds = [PiecePairModel.Kind](repeating: .normal, count: vocabulary.count)
    try self.init(
      LanguageTokens(surfaces: Self.surfaces(vocabulary.pieces, kinds, byteIDs: byteIDs), tokens: added, settings),
      PiecePairModel(vocabulary, merges: try merges.ids(vocabulary), byteIDs: byteIDs), PieceNormalizer(prefix: prefix),
      leading: try Self.stripsSpace(file) ? .one : .none, byteIDs: byteIDs)
  }

  /// Which stretches get a space in front: two ways to write it are in use.
  private static func prefix(_ file: TokenizerFile) throws(TokenizerError) -> PieceNormalizer.Prefix {
    let normalizers = file.steps("normalizer"), splitters = file.steps("pre_tokenizer")
    if normalizers.isEmpty, splitters.count == 1, splitters[0].type == "Metaspace" {
      let settings = splitters[0].settings
      try file.require(settings, "replacement", Metaspace.character)
      guard settings["split"]?.bool ?? true == false else { throw file.refusal("split: true of the Metaspace step") }
      let scheme = settings["prepend_scheme"]?.string ?? (settings["add_prefix_space"]?.bool ?? true ? "always" : "never")
      switch scheme {
      case "first": return .firstUnspaced
      case "always": return .everyUnspaced
      case "never": return .none
      default: throw file.refusal("prepend_scheme: \(scheme)")
      }
    }
    let types = normalizers.map(\.type)
    guard splitters.isEmpty, types == ["Prepend", "Replace"] || types == ["Replace"], let replace = normalizers.last?.settings
    else {
      throw file.refusal(
        "the normaliser \(types.joined(separator: ", ")) with the pre-tokenizer "
          + "\(splitters.map(\.type).joined(separator: ", ")) in front of this BPE model")
    }
    guard replace["pattern"]?["String"]?.string == " ", replace["content"]?.string == Metaspace.character else {
      throw file.refusal("a Replace of anything but spaces")
    }
    if types.count == 2 { try file.require(normalizers[0].settings, "prepend", Metaspace.character) }
    return types.count == 2 ? .everyStretch : .none
  }

  /// Whether decoding drops a space in front. Its other steps have to be the usual ones.
  private static func stripsSpace(_ file: TokenizerFile) throws(TokenizerError) -> Bool {
    let steps = file.steps("decoder"), types = steps.map(\.type)
    guard types.starts(with: ["Replace", "ByteFallback", "Fuse"]), types.count == 3 || types.dropFirst(3) == ["Strip"] else {
      throw file.refusal("the decoder \(types.joined(separator: ", "))")
    }
    guard types.count == 4 else { return false }
    let strip = steps[3].settings
    guard strip["content"]?.string == " ", strip["start"]?.number ?? 0 <= 1, strip["stop"]?.number ?? 0 == 0 else {
      throw file.refusal("a Strip of anything but a space in front")
    }
    return strip["start"]?.number == 1
  }

  /// A GGUF file's model, as llama.cpp reads it: no normalisation but the spaces', unused pieces are pieces as any.
  init(_ source: GGUFTokenizerSource) throws(TokenizerError) {
    let byteIDs = Self.byteIDs(source.vocabulary)
    let kinds = source.kinds.map { $0 == .unused ? .normal : $0 }
    let addsPrefix = try source.flag("add_space_prefix") ?? true
    let unk = kinds.firstIndex(of: .unknown).map { Int32($0) }
    try self.init(
      LanguageTokens(
        surfaces: Self.surfaces(source.vocabulary.pieces, kinds, byteIDs: byteIDs), tokens: source.tokens,
        try source.settings(addsBOS: true)),
      PiecePairModel(source.vocabulary, scores: try source.scores(), kinds: kinds, byteIDs: byteIDs, unk: unk),
      PieceNormalizer(prefix: addsPrefix ? .everyStretch : .none), leading: addsPrefix ? .one : .none, byteIDs: byteIDs)
  }
}
