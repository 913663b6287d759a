extension ByteLevelLanguageTokenizer {
  /// A `tokenizer.json` whose words are bytes.
  init(_ file: TokenizerFile, _ folder: LanguageFolder) throws(TokenizerError) {
    let model = file.model
    let vocabulary = try Vocabulary(model["vocab"], file: file.path)
    try file.require(model, "byte_fallback", false)
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] { try file.require(model, key, "") }
    guard model["dropout"]?.number ?? 0 == 0 else { throw file.refusal("dropout of merges") }
    if let step = file.steps("normalizer").first { throw file.refusal("the normaliser \(step.type) in front of a BPE model") }
    _ = try file.step("decoder", "ByteLevel")
    let splitter = try PreTokenizer(file)
    guard model["merges"]?.isArray == true else { throw file.malformed("the model has no merges") }
    var merges = MergeList(file: file.path) { "merges[\($0)]" }
    try merges.append(model["merges"])
    var added = try file.addedTokens()
    added.merge(folder.configuration.addedTokens, keeping: true, vocabulary)
    let size = try AddedSpecialToken.vocabularySize(vocabulary, adding: added, file: file.path)
    let first = try file.firstSpecialToken()
    let settings = try folder.settings(bos: first, eos: nil, addsBOS: first != nil, vocabularySize: size) { text in
      added.first { $0.text.utf8.elementsEqual(text.utf8) }?.id ?? vocabulary.id(of: text)
    }
    let unk = model["unk_token"]?.string.flatMap { vocabulary.id(of: $0) }
    self.init(
      try LanguageTokens(surfaces: Self.surfaces(vocabulary.pieces), tokens: added, settings),
      BytePairModel(vocabulary, merges: try merges.ids(vocabulary), unk: unk), splitter,
      ignoresMerges: model["ignore_merges"]?.bool ?? false, special: Set(added.map(\.id)))
  }

  /// A GGUF file's model, as llama.cpp reads it.
  init(_ source: GGUFTokenizerSource) throws(TokenizerError) {
    let key = "tokenizer.ggml.pre"
    guard let name = source.file.metadata[key]?.string else {
      throw source.fault(
        key, "is missing: how the text is split into words is not known", "convert the model again with a current tool")
    }
    guard let named = PreTokenizer.named[name] else {
      let known = PreTokenizer.named.keys.sorted().joined(separator: ", ")
      throw source.fault(key, "is \"\(name)\", which this program cannot do; it does \(known)", "use another model")
    }
    let added = source.tokens
    self.init(
      try LanguageTokens(
        surfaces: Self.surfaces(source.vocabulary.pieces), tokens: added, try source.settings(addsBOS: named.addsBOS)),
      BytePairModel(source.vocabulary, merges: try source.merges(), unk: nil), named.splitter,
      ignoresMerges: named.ignoresMerges, special: Set(added.map(\.id)))
  }
}
