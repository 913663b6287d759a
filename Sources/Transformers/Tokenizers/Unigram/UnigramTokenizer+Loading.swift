extension UnigramTokenizer {
  /// The ids are not SentencePiece's: "<s>", "<pad>", "</s>" and "<unk>" come first, as they did where XLM-RoBERTa was trained,
  /// then the pieces behind SentencePiece's own three, then "<mask>".
  init(sentencePieceModel file: String, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let source = try SentencePieceModel(file: file)
    try source.checkIsOfXLMRoberta()
    var steps: [TextNormalizer.Step] = []
    if !source.charsMap.isEmpty {
      guard let map = CharsMap(source.charsMap) else {
        throw TokenizerError(
          file: file, problem: "its characters map is damaged", remedy: "fetch the model's file again; it may be incomplete")
      }
      steps.append(.charsMap(map))
    }
    var pieces = PackedStrings()
    let first = ["<s>", "<pad>", "</s>", "<unk>"]
    for piece in first { pieces.append(piece.utf8) }
    for index in 3..<source.pieces.count { pieces.append(source.pieces[index]) }
    pieces.append("<mask>".utf8)
    let scores = first.map { _ in 0 } + source.scores.dropFirst(3) + [0]
    let vocabulary = try Vocabulary(numbered: pieces, file: file)
    let mask = Int32(vocabulary.count - 1)
    var added = [AddedSpecialToken](first + ["<mask>"], in: vocabulary)
    added.merge(configuration.addedTokens, vocabulary)
    try self.init(
      UnigramModel(vocabulary, scores: scores, unk: 3), normalizer: TextNormalizer(steps: steps),
      metaspace: Metaspace(prepends: configuration.addsPrefixSpace ?? true), added: added,
      specialTokens: SpecialTokenIDs(cls: 0, sep: 2, pad: 1, unk: 3, mask: mask),
      template: SequenceTemplate(prefix: [0], separator: [2, 2], suffix: [2], secondTypeID: 0),
      file: configuration.file ?? file)
  }

  init(_ file: TokenizerFile, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    var pieces = PackedStrings()
    var scores: [Double] = []
    try file.model["vocab"]?.forEachElement { (entry) throws(TokenizerError) in
      guard let pair = entry.elements, pair.count == 2, let piece = pair[0].bytes, let score = pair[1].number, score.isFinite
      else { throw file.malformed("vocab[\(scores.count)] is not a pair of a text and a score") }
      pieces.append(piece)
      scores.append(score)
    }
    let vocabulary = try Vocabulary(numbered: pieces, file: file.path)
    guard let unk = file.model["unk_id"]?.id, Int(unk) < vocabulary.count else {
      throw file.malformed("the model's unk_id is not an id of its vocabulary")
    }
    try file.require(file.model, "byte_fallback", false)
    var metaspace = try Self.metaspace(file)
    if let prepends = configuration.addsPrefixSpace { metaspace.prepends = prepends }
    let template = try file.template()
    var added = try file.addedTokens()
    added.merge(configuration.addedTokens, keeping: true, vocabulary)
    try self.init(
      UnigramModel(vocabulary, scores: scores, unk: unk), normalizer: TextNormalizer(steps: try Self.steps(file)),
      metaspace: metaspace, added: added,
      specialTokens: try SpecialTokenIDs(
        template, unk: unk, vocabulary, padding: configuration.names[.pad] ?? "<pad>",
        mask: configuration.names[.mask] ?? "<mask>",
        file: file.path),
      template: template, file: file.path)
  }

  private static func steps(_ file: TokenizerFile) throws(TokenizerError) -> [TextNormalizer.Step] {
    var steps: [TextNormalizer.Step] = []
    for (type, settings) in file.steps("normalizer") {
      switch type {
      case "Precompiled":
        guard let encoded = settings["precompiled_charsmap"]?.bytes, let blob = Base64.decoded(encoded),
          let map = CharsMap(blob)
        else { throw file.malformed("the normaliser's characters map is damaged") }
        steps.append(.charsMap(map))
      case "Strip":
        steps.append(
          .strip(left: settings["strip_left"]?.bool ?? true, right: settings["strip_right"]?.bool ?? true))
      case "Replace":
        guard settings["pattern"]?["Regex"]?.string == " {2,}", let content = settings["content"]?.bytes else {
          throw file.refusal("a Replace of anything but runs of spaces")
        }
        steps.append(.replaceSpaces(with: Array(content)))
      default: throw file.refusal("the normaliser \(type) in front of a Unigram model")
      }
    }
    return steps
  }

  private static func metaspace(_ file: TokenizerFile) throws(TokenizerError) -> Metaspace {
    let steps = file.steps("pre_tokenizer")
    let types = steps.map(\.type)
    guard let settings = steps.last?.settings, types == ["WhitespaceSplit", "Metaspace"] || types == ["Metaspace"] else {
      throw file.refusal("the pre-tokenizer \(types.joined(separator: ", ")) in front of a Unigram model")
    }
    try file.require(settings, "replacement", Metaspace.character)
    try file.require(settings, "split", true)
    let scheme = settings["prepend_scheme"]?.string ?? (settings["add_prefix_space"]?.bool ?? true ? "always" : "never")
    guard ["always", "never"].contains(scheme) else { throw file.refusal("prepend_scheme: \(scheme)") }
    _ = try file.step("decoder", "Metaspace")
    return Metaspace(prepends: scheme == "always", dropsWhiteSpace: types.count == 2)
  }
}
