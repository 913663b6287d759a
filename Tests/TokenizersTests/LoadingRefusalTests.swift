import Testing

@testable import Tokenizers

/// Damaged tokenizer files: an error that names file, place and remedy, and never a crash.
struct LoadingRefusalTests {
  private static func refusal(_ files: [String: [UInt8]]) throws -> TokenizerError {
    let folder = try TokenizerFolder(files)
    return try #require(throws: TokenizerError.self) { try folder.load() }
  }

  private static func expect(
    _ files: [String: [UInt8]], in file: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = try refusal(files)
    #expect(error.file?.hasSuffix(file) == true, "\(error)", sourceLocation: sourceLocation)
    #expect(error.problem.contains(words), "\(error)", sourceLocation: sourceLocation)
    #expect(!error.remedy.isEmpty, sourceLocation: sourceLocation)
  }

  private static func edited(_ text: String, _ old: String, _ new: String) throws -> [String: [UInt8]] {
    try #require(text.contains(old), "\(old)")
    return ["tokenizer.json": Array(text.replacing(old, with: new).utf8)]
  }

  @Test func sentencePiece() throws {
    let whole = SmallModels.sentencePiece(), name = "sentencepiece.bpe.model"
    func expect(_ bytes: [UInt8], _ words: String) throws { try Self.expect([name: bytes], in: name, words) }
    try expect([], "of another kind")
    try expect(Array("version https://git-lfs.github.com/spec/v1\n".utf8), "not a SentencePiece model")
    try expect(SmallModels.sentencePiece(modelType: 2), "of another kind")
    try expect(SmallModels.sentencePiece(firstKind: 1), "of another kind")
    try expect(SmallModels.sentencePiece(charsMap: [1, 2, 3]), "characters map")
    try expect(SmallModels.sentencePiece(charsMap: [8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF]), "characters map")
    try expect(SmallModels.sentencePiece(pieces: [("a", -1), ("b", -1), ("a", -2)]), "\"a\" has the ids 4 and 6")
    try expect(SmallModels.sentencePiece(pieces: [("a", .nan)]), "score is no number")
    try expect(SmallModels.sentencePiece(pieces: [("<pad>", -1)]), "\"<pad>\" has the ids 1 and 4")
    // Cut at any byte: refused, or a model that lacks its last pieces or its map.
    for count in 0..<whole.count {
      do { _ = try TokenizerFolder([name: Array(whole[..<count])]).load().encode("ab \u{FB01}\u{301}") } catch {
        #expect((error as? TokenizerError)?.file?.hasSuffix(name) == true)
      }
    }
  }

  @Test func everyByteOfASentencePieceModelMayBeWrong() throws {
    let whole = SmallModels.sentencePiece()
    var random = Generator(seed: 5)
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      do {
        let tokenizer = try TokenizerFolder(["sentencepiece.bpe.model": bytes]).load()
        let ids = tokenizer.encode("ab \u{FB01}\u{301} e\u{301} \u{FF1C}s\u{FF1E} \u{3000}abc")
        #expect(ids.allSatisfy { 0 <= $0 && Int($0) < tokenizer.vocabularySize })
        _ = tokenizer.decode(ids, skipSpecialTokens: false)
      } catch {
        #expect(error is TokenizerError)
      }
    }
  }

  @Test func unigramJSON() throws {
    func expect(_ old: String, _ new: String, _ words: String) throws {
      try Self.expect(Self.edited(SmallModels.unigramJSON, old, new), in: "tokenizer.json", words)
    }
    try expect(#""unk_id": 3"#, #""unk_id": null"#, "unk_id")
    try expect(#""unk_id": 3"#, #""unk_id": 24"#, "unk_id")
    try expect(#"["a", -4.0]"#, #"["a"]"#, "vocab[5]")
    try expect(#"["a", -4.0]"#, #"["a", "x"]"#, "vocab[5]")
    try expect(#"["a", -4.0]"#, #"[null, -4.0]"#, "vocab[5]")
    try expect(#"["a", -4.0]"#, #"["b", -4.0]"#, "\"b\" has the ids 5 and 6")
    try expect(#""byte_fallback": false"#, #""byte_fallback": true"#, "byte_fallback")
    try expect(#""prepend_scheme": "always", "split": true}]}"#, #""prepend_scheme": "first"}]}"#, "prepend_scheme: first")
    try expect(#""WhitespaceSplit""#, #""Digits""#, "Digits")
    try expect(#""type": "Precompiled""#, #""type": "NFKC""#, "NFKC")
    try expect(#""precompiled_charsmap": ""#, #""precompiled_charsmap": "?"#, "characters map")
    try expect(#""ids": [0]"#, #""ids": [99]"#, "99")
    try expect(#""id": 1, "content": "<pad>""#, #""id": 7, "content": "<pad>""#, "\"<pad>\" has the id 7")
    try expect(#""id": 1, "content": "<pad>""#, #""id": 1, "content": 5"#, "no content")
    try expect(#""type": "Unigram""#, #""type": "WordLevel""#, "WordLevel")
    try expect(#""model": {"#, #""modle": {"#, "no model")
    try expect(#""model": {"#, #""model": ["#, "not valid JSON")
  }

  @Test func bytePairFiles() throws {
    func expect(_ vocabulary: String, _ merges: String, in file: String, _ words: String) throws {
      let files = ["vocab.json": Array(vocabulary.utf8), "merges.txt": Array(merges.utf8)]
      try Self.expect(files, in: file, words)
    }
    let vocabulary = SmallModels.vocabularyJSON, merges = SmallModels.mergesText
    try expect("", merges, in: "vocab.json", "not valid JSON")
    try expect("{}", merges, in: "vocab.json", "empty")
    try expect("[1, 2]", merges, in: "vocab.json", "empty")
    try expect(vocabulary.replacing("\"<unk>\"", with: "\"<unx>\""), merges, in: "vocab.json", "<unk>")
    try expect(vocabulary.replacing("\"<pad>\": 1", with: "\"<pad>\": \"1\""), merges, in: "vocab.json", "\"<pad>\" has no id")
    try expect(vocabulary.replacing("\"<pad>\": 1", with: "\"<pad>\": 2"), merges, in: "vocab.json", "the same id 2")
    try expect(
      vocabulary.replacing("\"<pad>\": 1", with: "\"<pad>\": 2000000000"), merges, in: "vocab.json", "the id 2000000000")
    try expect(vocabulary, merges + "a b c\n", in: "merges.txt", "line 12 is not a pair")
    try expect(vocabulary, merges + "a\n", in: "merges.txt", "line 12 is not a pair")
    try expect(vocabulary, merges + "a zz\n", in: "merges.txt", "line 12 needs the piece \"zz\"")
    try expect(vocabulary, merges + "b b\n", in: "merges.txt", "line 12 needs the piece \"bb\"")
    for none in ["", "#version: 0.2\n", "\n"] { try expect(vocabulary, none, in: "merges.txt", "it has no merges") }
  }

  @Test func bytePairJSON() throws {
    func expect(_ old: String, _ new: String, _ words: String) throws {
      try Self.expect(Self.edited(SmallModels.bytePairJSON, old, new), in: "tokenizer.json", words)
    }
    try expect(#"["a", "b"]"#, #"["a", "zz"]"#, "merges[1] needs the piece \"zz\"")
    try expect(#"["a", "b"]"#, #"["a"]"#, "merges[1] is not a pair")
    try expect(#"["a", "b"]"#, #""a b c""#, "merges[1] is not a pair")
    try expect(#""merges": ["#, #""xmerges": ["#, "it has no merges")
    try expect(#""merges": ["#, #""merges": {}, "x": ["#, "its merges are no list")
    try expect(#""dropout": null"#, #""dropout": 0.1"#, "dropout")
    try expect(#""ignore_merges": false"#, #""ignore_merges": true"#, "ignore_merges")
    try expect(#""byte_fallback": false"#, #""byte_fallback": []"#, "neither true nor false")
    try expect(#""added_tokens": ["#, #""added_tokens": 5, "x": ["#, "its added_tokens are no list")
    try expect(#""use_regex": true},"#, #""use_regex": false},"#, "use_regex")
    try expect(#""normalizer": null"#, #""normalizer": {"type": "NFC"}"#, "NFC")
    try expect(#""sep": ["</s>", 2]"#, #""sep": ["</s>"]"#, "no cls or no sep")
  }

  @Test func wordPieceJSON() throws {
    func expect(_ old: String, _ new: String, _ words: String) throws {
      try Self.expect(Self.edited(SmallModels.wordPieceJSON, old, new), in: "tokenizer.json", words)
    }
    try expect(#""unk_token": "[UNK]""#, #""unk_token": "<unk>""#, "unk_token")
    try expect(#""BertPreTokenizer""#, #""Whitespace""#, "Whitespace")
    try expect(#""clean_text": true"#, #""clean_text": false"#, "clean_text")
    try expect(#""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": 200"#, "100")
    try expect(#""single_word": false"#, #""single_word": true"#, "single word")
  }

  /// Any value of a file may be of another type.
  @Test(arguments: [SmallModels.unigramJSON, SmallModels.bytePairJSON, SmallModels.wordPieceJSON])
  func valuesOfOtherTypes(whole: String) throws {
    let bytes = Array(whole.utf8)
    let nodes = jsonValues(bytes)
    var random = Generator(seed: 9)
    let others = ["null", "true", "-1", "1e300", "\"\"", "\"x\"", "[]", "[[]]", "{}", "{\"type\": \"Sequence\"}"]
    let tried = nodes.count < 400 ? nodes : (0..<400).map { _ in nodes[random.below(nodes.count)] }
    for range in tried {
      let text = bytes[..<range.lowerBound] + others[random.below(others.count)].utf8 + bytes[range.upperBound...]
      do {
        let tokenizer = try TokenizerFolder(["tokenizer.json": Array(text)]).load()
        let ids = tokenizer.encode("ab <mask> \u{FB01}\u{301} the's [CLS]", pair: "un\u{65E5}").ids
        #expect(ids.allSatisfy { 0 <= $0 && Int($0) < tokenizer.vocabularySize })
        _ = tokenizer.decode(ids, skipSpecialTokens: true)
      } catch {
        #expect(error is TokenizerError)
      }
    }
  }

  @Test func aFolderWithoutTokenizerSaysWhatWasLookedFor() throws {
    let error = try Self.refusal(["config.json": Array("{}".utf8)])
    for name in ["tokenizer.json", "sentencepiece.bpe.model", "vocab.json", "merges.txt", "vocab.txt"] {
      #expect(error.problem.contains(name))
    }
    try Self.expect(["vocab.json": Array("{}".utf8)], in: "", "merges.txt")
    try Self.expect(["tokenizer_config.json": Array("[]".utf8)], in: "tokenizer_config.json", "not an object")
    let vocabulary = Array("[UNK]\n[CLS]\n[SEP]\n".utf8)
    try Self.expect(
      ["vocab.txt": vocabulary, "added_tokens.json": Array(#"{"x": "y"}"#.utf8)], in: "added_tokens.json", "no id")
    try Self.expect(
      ["vocab.txt": vocabulary, "special_tokens_map.json": Array(#"{"mask_token": 3}"#.utf8)], in: "special_tokens_map.json",
      "no content")
  }
}

/// Where the values of a JSON text are, keys excluded.
private func jsonValues(_ bytes: [UInt8]) -> [Range<Int>] {
  var ranges: [Range<Int>] = []
  var open: [Int] = []
  var position = 0
  while position < bytes.count {
    let start = position
    switch bytes[position] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(position)
    case UInt8(ascii: "}"), UInt8(ascii: "]"): ranges.append((open.popLast() ?? 0)..<position + 1)
    case UInt8(ascii: "\""):
      repeat { position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1 } while bytes[position] != UInt8(ascii: "\"")
      if bytes[position + 1] != UInt8(ascii: ":") { ranges.append(start..<position + 1) }
    case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A: break
    default:
      while !",]} \n".utf8.contains(bytes[position + 1]) { position += 1 }
      ranges.append(start..<position + 1)
    }
    position += 1
  }
  return ranges
}
