extension BytePairTokenizer {
  init(vocabularyIn folder: String, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let file = folder + "/vocab.json", mergesFile = folder + "/merges.txt"
    let vocabulary = try Vocabulary(try JSONParser.read(file), file: file)
    // A vocabulary of characters has the same form, and would lose most texts.
    guard ByteLevel.scalars.indices.count(where: { vocabulary.id(of: ByteLevel.text(of: UInt8($0))) != nil }) > 128 else {
      throw TokenizerError(
        file: file, problem: "the vocabulary lacks most of the 256 bytes: it is not a byte-level one",
        remedy: "use a model with the tokenizer of RoBERTa, or with a tokenizer.json")
    }
    let lines = try FileContents.read(mergesFile).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var merges = MergeList(file: mergesFile) { "line \($0)" }
    for (index, line) in lines.enumerated() where !line.isEmpty && !line.starts(with: "#version".utf8) {
      try merges.append(line.last == UInt8(ascii: "\r") ? line.dropLast() : line, place: index + 1)
    }
    let names = configuration.names
    func required(_ role: TokenizerConfiguration.Role, _ name: String) throws(TokenizerError) -> Int32 {
      let piece = names[role] ?? name
      if let id = vocabulary.id(of: piece) { return id }
      throw TokenizerError(
        file: file, problem: "the vocabulary has no \(piece)",
        remedy: "use the vocab.json of a RoBERTa model; it lists <s>, </s>, <pad> and <unk>")
    }
    let (cls, sep, unk) = (try required(.cls, "<s>"), try required(.sep, "</s>"), try required(.unk, "<unk>"))
    var added = [AddedSpecialToken](["<s>", "<pad>", "</s>", "<unk>", "<mask>"], in: vocabulary)
    added.merge(configuration.addedTokens, vocabulary)
    try self.init(
      BytePairModel(vocabulary, merges: try merges.ids(vocabulary), unk: nil),
      addsPrefixSpace: configuration.addsPrefixSpace ?? false, added: added,
      specialTokens: SpecialTokenIDs(
        cls: cls, sep: sep, pad: try required(.pad, "<pad>"), unk: unk, mask: vocabulary.id(of: names[.mask] ?? "<mask>")),
      template: SequenceTemplate(prefix: [cls], separator: [sep, sep], suffix: [sep], secondTypeID: 0),
      file: configuration.file ?? file)
  }

  init(_ file: TokenizerFile, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let model = file.model
    let vocabulary = try Vocabulary(model["vocab"], file: file.path)
    for key in ["fuse_unk", "byte_fallback", "ignore_merges"] { try file.require(model, key, false) }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] { try file.require(model, key, "") }
    guard model["dropout"]?.number ?? 0 == 0 else { throw file.refusal("dropout of merges") }
    let splitter = try file.step("pre_tokenizer", "ByteLevel")
    try file.require(splitter, "use_regex", true)
    _ = try file.step("decoder", "ByteLevel")
    if let step = file.steps("normalizer").first { throw file.refusal("the normaliser \(step.type) in front of a BPE model") }
    var merges = MergeList(file: file.path) { "merges[\($0)]" }
    try merges.append(model["merges"])
    let unknown = model["unk_token"]?.string
    let unk = unknown.flatMap { vocabulary.id(of: $0) }
    let template = try file.template()
    var added = try file.addedTokens()
    added.merge(configuration.addedTokens, keeping: true, vocabulary)
    try self.init(
      BytePairModel(vocabulary, merges: try merges.ids(vocabulary), unk: unk),
      addsPrefixSpace: configuration.addsPrefixSpace ?? splitter["add_prefix_space"]?.bool ?? true,
      added: added,
      specialTokens: try SpecialTokenIDs(
        template, unk: unk ?? vocabulary.id(of: "<unk>") ?? 0, vocabulary, padding: configuration.names[.pad] ?? "<pad>",
        mask: configuration.names[.mask] ?? "<mask>", file: file.path),
      template: template, file: file.path)
  }
}
