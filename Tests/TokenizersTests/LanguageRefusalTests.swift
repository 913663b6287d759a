import TestSupport
import Testing
import Weights

@testable import Tokenizers

/// Damaged tokenizers of language models: an error that names file, key and remedy, and never a crash.
struct LanguageRefusalTests {
  private static let texts = ["▁a", "ab", "a", "b", "▁"]
  private static let files = PieceModelFiles(texts)

  private static func expect(
    _ words: String, in file: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ load: () throws -> any LanguageTokenizer
  ) {
    let error = #expect(throws: TokenizerError.self, sourceLocation: sourceLocation) { try load() }
    #expect(error?.file?.hasSuffix(file) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(error?.problem.contains(words) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(error?.remedy.isEmpty == false, sourceLocation: sourceLocation)
  }

  @Test func ggufKeys() throws {
    func number(_ value: Int) -> [UInt8] { GGUFBuilder.number(UInt32(value)) }
    func expect(
      _ key: String, _ words: String, in builder: GGUFBuilder = Self.files.gguf,
      sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout GGUFBuilder) -> Void = { _ in }
    ) {
      Self.expect(key + words, in: "model.gguf", sourceLocation: sourceLocation) {
        try builder.replacing(key, change).tokenizer()
      }
    }
    expect("tokenizer.ggml.model", " is missing")
    expect("tokenizer.ggml.model", " is \"bert\"") { $0.set("tokenizer.ggml.model", 8, GGUFBuilder.string("bert")) }
    expect("tokenizer.ggml.tokens", " is no list of texts")
    expect("tokenizer.ggml.tokens", " is no list of texts") { $0.set("tokenizer.ggml.tokens", arrayOf: 8, count: 0, []) }
    expect("tokenizer.ggml.tokens", " [0] is not valid UTF-8") {
      $0.set("tokenizer.ggml.tokens", arrayOf: 8, count: 1, GGUFBuilder.number(UInt64(1)) + [0xFF])
    }
    expect("tokenizer.ggml.scores", " is not a list of \(Self.files.pieces.count) floats")
    expect("tokenizer.ggml.scores", " is not a list of") { $0.set("tokenizer.ggml.scores", arrayOf: 6, count: 1, number(0)) }
    expect("tokenizer.ggml.scores", " [3] is no number") {
      let scores = (0..<Self.files.pieces.count).flatMap { GGUFBuilder.number(($0 == 3 ? Float.nan : 0).bitPattern) }
      $0.set("tokenizer.ggml.scores", arrayOf: 6, count: UInt64(Self.files.pieces.count), scores)
    }
    expect("tokenizer.ggml.token_type", " is not a list of") {
      $0.set("tokenizer.ggml.token_type", arrayOf: 5, count: 1, number(1))
    }
    expect("tokenizer.ggml.token_type", " [0] is 7") {
      let types = (0..<Self.files.pieces.count).flatMap { _ in number(7) }
      $0.set("tokenizer.ggml.token_type", arrayOf: 5, count: UInt64(Self.files.pieces.count), types)
    }
    for key in ["bos", "eos"] {
      expect("tokenizer.ggml.\(key)_token_id", " is 9999, but the vocabulary has the ids 0 to") {
        $0.set("tokenizer.ggml.\(key)_token_id", 4, number(9999))
      }
    }
    expect("tokenizer.ggml.bos_token_id", " is no integer") { $0.set("tokenizer.ggml.bos_token_id", 6, number(0)) }
    expect("tokenizer.ggml.add_space_prefix", " is neither") { $0.set("tokenizer.ggml.add_space_prefix", 4, number(1)) }
    var model = Self.files.gguf
    model.add("token_embd.weight", [1, 7], type: 0, offset: 0)
    model.data = [UInt8](repeating: 0, count: 28)
    Self.expect(
      "tokenizer.ggml.tokens has \(Self.files.pieces.count) texts, but the model's token_embd.weight has 7 rows",
      in: "model.gguf"
    ) {
      try model.tokenizer()
    }
    let bytes = GGUFBuilder.byteLevel(pre: "gpt-2", specials: ["<e>"], merges: [("a", "b")])
    expect("tokenizer.ggml.pre", " is missing", in: bytes)
    expect("tokenizer.ggml.pre", " is \"grok-2\", which this program cannot do; it does ", in: bytes) {
      $0.set("tokenizer.ggml.pre", 8, GGUFBuilder.string("grok-2"))
    }
    expect("tokenizer.ggml.pre", " is \"default\"", in: bytes) {
      $0.set("tokenizer.ggml.pre", 8, GGUFBuilder.string("default"))
    }
    expect("tokenizer.ggml.merges", " is no list of pairs", in: bytes)
    expect("tokenizer.ggml.merges", "[0] is not a pair", in: bytes) {
      $0.set("tokenizer.ggml.merges", arrayOf: 8, count: 1, GGUFBuilder.string("abc"))
    }
    expect("tokenizer.ggml.merges", "[0] needs the piece \"bb\"", in: bytes) {
      $0.set("tokenizer.ggml.merges", arrayOf: 8, count: 1, GGUFBuilder.string("b b"))
    }
  }

  @Test func sentencePieceModels() throws {
    func expect(_ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout PieceModelFiles) -> Void) {
      var files = Self.files
      change(&files)
      Self.expect(words, in: "tokenizer.model", sourceLocation: sourceLocation) { [files] in
        try TokenizerFolder(["tokenizer.model": files.sentencePiece]).loadLanguageTokenizer()
      }
    }
    expect("another SentencePiece model than BPE") { $0.modelType = 1 }
    expect("characters map") { $0.charsMap = [1, 2, 3] }
    expect("byte_fallback without the 256 pieces") { $0.pieces.removeAll { $0.text == "<0x41>" } }
    expect("escape_whitespaces") { $0.normalizer = [5 << 3, 0] }
    expect("treat_whitespace_as_suffix") { $0.trainer = [0xC0, 0x01, 1] }
    expect("bos_id is 100000") { $0.trainer = [0xC8, 0x02, 0xA0, 0x8D, 0x06] }
    expect("\"a\" has the ids") { $0.pieces.append(("a", 0, .normal)) }
    expect("score is no number") { $0.pieces[4].score = .nan }
    expect("vocabulary is empty") { $0.pieces = [] }
  }

  @Test func piecesInJSON() throws {
    func expect(_ old: String, _ new: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let whole = Self.files.json
      try #require(whole.contains(old), "\(old)")
      Self.expect(words, in: "tokenizer.json", sourceLocation: sourceLocation) {
        try TokenizerFolder(texts: ["tokenizer.json": whole.replacing(old, with: new)]).loadLanguageTokenizer()
      }
    }
    try expect(#""byte_fallback": true"#, #""byte_fallback": false"#, "byte_fallback: false")
    try expect(#""<0x41>""#, #""<0xx41>""#, "lacks pieces of bytes")
    try expect(#""merges": ["#, #""no": ["#, "no merges")
    try expect(#""Prepend""#, #""NFKC""#, "NFKC")
    try expect(#""String": " ""#, #""String": "x""#, "a Replace of anything but spaces")
    try expect(#""start": 1"#, #""start": 2"#, "Strip")
    try expect(#""ByteFallback""#, #""ByteLevel""#, "the decoder")
    try expect(#""pre_tokenizer": null"#, #""pre_tokenizer": {"type": "Metaspace"}"#, "Metaspace")
    try expect(#""id": 1, "content""#, #""id": 2, "content""#, "\"<s>\" has the id 2")
    try expect(#""normalized": false"#, #""normalized": true"#, "normalised text")
  }

  @Test func idsOfOtherFiles() throws {
    func expect(_ name: String, _ text: String, _ words: String) {
      Self.expect(words, in: name) {
        try TokenizerFolder(["tokenizer.model": Self.files.sentencePiece, name: Array(text.utf8)]).loadLanguageTokenizer()
      }
    }
    expect("generation_config.json", #"{"eos_token_id": [2, 70000]}"#, "eos_token_id is 70000")
    expect("generation_config.json", #"{"eos_token_id": "x"}"#, "neither an id nor a list")
    expect("config.json", #"{"eos_token_id": -1}"#, "eos_token_id is -1")
    expect("tokenizer_config.json", #"{"added_tokens_decoder": {"900": {"content": "<x>", "special": true}}}"#, "900")
    Self.expect("no tokenizer.model or tokenizer.json", in: "") {
      try TokenizerFolder(texts: ["vocab.txt": "a"]).loadLanguageTokenizer()
    }
  }

  /// Whatever byte is wrong: refused, or a tokenizer whose ids are within its vocabulary.
  @Test func anyByteMayBeWrong() throws {
    let model = Self.files.sentencePiece, json = Array(Self.files.json.utf8), gguf = Self.files.gguf.bytes
    let bytes = GGUFBuilder.byteLevel(pre: "llama3", specials: ["<e>"], merges: [("a", "b"), ("ab", "a")]).bytes
    var random = Generator(seed: 17)
    for (name, whole) in [("tokenizer.model", model), ("tokenizer.json", json), ("model.gguf", gguf), ("model.gguf", bytes)] {
      for _ in 0..<600 {
        var damaged = whole
        for _ in 0...random.below(3) { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
        if random.below(4) == 0 { damaged.removeLast(random.below(damaged.count)) }
        let folder = try TokenizerFolder([name: damaged])
        do {
          let tokenizer =
            name == "model.gguf"
            ? try loadLanguageTokenizer(gguf: GGUFFile(path: folder.path + "/" + name))
            : try folder.loadLanguageTokenizer()
          for parses in [false, true] {
            let ids = tokenizer.encode("ab <s>a</s> aab\u{E9}\n \u{65E5} <e> \u{2581}a12", parsingSpecials: parses)
            #expect(ids.allSatisfy { 0 <= $0 && Int($0) < tokenizer.vocabularySize })
            _ = tokenizer.decode(ids)
          }
        } catch {
          #expect(error is TokenizerError || error is WeightsError, "\(error)")
        }
      }
    }
  }
}
