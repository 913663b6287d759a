import TestSupport
import Testing

@testable import Tokenizers

struct ByteLevelLanguageTokenizerTests {
  private static let specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
  private static let merges = [("a", "b"), ("Ġ", "ab"), ("1", "2"), ("Ã", "©"), ("ab", "c")]
  private static let base = Int32(specials.count)

  private static func made(_ index: Int) -> Int32 { base + 256 + Int32(index) }
  private static func byte(_ text: Unicode.Scalar) -> Int32 { base + Int32(text.value) }

  private static func gguf(_ pre: String) -> GGUFBuilder { .byteLevel(pre: pre, specials: specials, merges: merges) }

  /// `tokenizer.json` of the same model with this pre-tokenizer.
  private static func json(_ splitter: String, ignoresMerges: Bool = false, normalizer: String = "null") -> String {
    let bytes = (0..<256).map { String(decoding: ByteLevel.text(of: UInt8($0)), as: UTF8.self) }
    let pieces = specials + bytes + merges.map { $0.0 + $0.1 }
    let added = specials.enumerated().map {
      #"{"id": \#($0.offset), "content": "\#($0.element)", "special": true, "normalized": false}"#
    }
    let vocabulary = pieces.enumerated().map { "\(SmallModels.quoted($0.element)): \($0.offset)" }.joined(separator: ", ")
    let listed = merges.map { "\(SmallModels.quoted($0.0 + " " + $0.1))" }.joined(separator: ", ")
    return """
      {"added_tokens": [\(added.joined(separator: ", "))], "normalizer": \(normalizer), "pre_tokenizer": \(splitter),
       "post_processor": null, "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "ignore_merges": \(ignoresMerges), "vocab": {\(vocabulary)}, "merges": [\(listed)]}}
      """
  }

  private static let gpt2 = #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"#
  private static let digits =
    #"{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, \#(gpt2)]}"#
  private static let llama3 = #"""
    {"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex":
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
    """#

  private static func folder(_ json: String, _ others: [String: String] = [:]) throws -> any LanguageTokenizer {
    try TokenizerFolder(texts: ["tokenizer.json": json].merging(others) { $1 }).loadLanguageTokenizer()
  }

  /// The same ids from both forms of the model's files.
  @Test func idsByHand() throws {
    let cases: [(text: String, gpt2: [Int32], digits: [Int32])] = [
      ("", [], []), ("ab ab", [Self.made(0), Self.made(1)], [Self.made(0), Self.made(1)]),
      ("12", [Self.made(2)], [Self.byte("1"), Self.byte("2")]), ("é", [Self.made(3)], [Self.made(3)]),
      ("abc", [Self.made(4)], [Self.made(4)]), ("\n", [Self.byte("\n")], [Self.byte("\n")]),
    ]
    let ordinary = [try Self.gguf("gpt-2").tokenizer(), try Self.folder(Self.json(Self.gpt2))]
    let apart = [try Self.gguf("smollm").tokenizer(), try Self.folder(Self.json(Self.digits))]
    for (text, gpt2, digits) in cases {
      for tokenizer in ordinary { #expect(tokenizer.encode(text, parsingSpecials: false) == gpt2, "\(text)") }
      for tokenizer in apart { #expect(tokenizer.encode(text, parsingSpecials: false) == digits, "\(text)") }
      for tokenizer in ordinary + apart { #expect(tokenizer.decode(digits) == text) }
    }
    for tokenizer in ordinary + apart {
      #expect(tokenizer.vocabularySize == 264 && tokenizer.stopTokens == [0, 2] && tokenizer.bos == nil && !tokenizer.addsBOS)
      #expect(tokenizer.encode("<|im_end|>ab", parsingSpecials: true) == [2, Self.made(0)])
      #expect(tokenizer.encode("<|im_end|>", parsingSpecials: false).allSatisfy { $0 >= Self.base })
      #expect(tokenizer.bytes(of: Self.made(1)) == Array(" ab".utf8) && tokenizer.bytes(of: 1).isEmpty)
      #expect(tokenizer.decode([1, Self.byte("a"), 3 + 0xE6, 3 + 0x97]) == "a\u{FFFD}")
    }
  }

  @Test func wordsThatArePiecesNeedNoMerges() throws {
    func model(_ pre: String) throws -> any LanguageTokenizer {
      var builder = Self.gguf(pre)
      // No merge leads to "abc" any more.
      builder.metadata.removeAll { $0.starts(with: GGUFBuilder.string("tokenizer.ggml.merges")) }
      builder.set(
        "tokenizer.ggml.merges", arrayOf: 8, count: UInt64(Self.merges.count - 1),
        Self.merges.dropLast().flatMap { GGUFBuilder.string($0.0 + " " + $0.1) })
      return try builder.tokenizer()
    }
    #expect(try model("llama-bpe").encode("abc", parsingSpecials: false) == [Self.made(4)])
    #expect(try model("dbrx").encode("abc", parsingSpecials: false) == [Self.made(0), Self.byte("c")])
    #expect(try Self.folder(Self.json(Self.llama3)).encode("12\n", parsingSpecials: false) == [Self.made(2), Self.byte("\n")])
  }

  @Test func whatOtherFilesSay() throws {
    let plain = try Self.folder(
      Self.json(Self.gpt2),
      [
        "tokenizer_config.json":
          #"{"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "add_bos_token": true, "chat_template": "{{x}}"}"#,
        "generation_config.json": #"{"eos_token_id": [5, 6]}"#, "config.json": #"{"eos_token_id": 7, "bos_token_id": 0}"#,
      ])
    #expect(plain.bos == 1 && plain.addsBOS && plain.stopTokens == [0, 2, 5, 6, 7] && plain.chatTemplate == "{{x}}")
    let jinja = try Self.folder(
      Self.json(Self.gpt2),
      [
        "chat_template.jinja": "{{y}}", "config.json": #"{"bos_token_id": 4}"#,
        "tokenizer_config.json": #"{"chat_template": [{"name": "default", "template": "{{x}}"}]}"#,
      ])
    #expect(jinja.chatTemplate == "{{y}}" && jinja.bos == 4 && !jinja.addsBOS)
    let named = #"{"chat_template": [{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]}"#
    #expect(try Self.folder(Self.json(Self.gpt2), ["tokenizer_config.json": named]).chatTemplate == "d")
    var gguf = Self.gguf("llama3")
    for (key, id) in [("bos", 1), ("eos", 3), ("eot", 4), ("eom", 5)] {
      gguf.set("tokenizer.ggml.\(key)_token_id", 4, GGUFBuilder.number(UInt32(id)))
    }
    gguf.set("tokenizer.chat_template", 8, GGUFBuilder.string("{{z}}"))
    let model = try gguf.tokenizer()
    #expect(model.bos == 1 && model.addsBOS && model.stopTokens == [0, 2, 3, 4, 5] && model.chatTemplate == "{{z}}")
    gguf.set("tokenizer.ggml.add_bos_token", 7, [0])
    #expect(try !gguf.tokenizer().addsBOS)
  }

  @Test func otherStepsAreRefused() throws {
    func expect(_ json: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let error = #expect(throws: TokenizerError.self, sourceLocation: sourceLocation) { try Self.folder(json) }
      #expect(error?.file?.hasSuffix("tokenizer.json") == true, sourceLocation: sourceLocation)
      #expect(error?.problem.contains(words) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    }
    expect(Self.json(Self.gpt2, normalizer: #"{"type": "NFC"}"#), "NFC")
    expect(Self.json(Self.gpt2.replacing("false", with: "true")), "add_prefix_space: true")
    expect(Self.json(Self.gpt2.replacing(#""use_regex": true"#, with: #""use_regex": false"#)), "use_regex: false")
    expect(
      Self.json(Self.digits.replacing(#""individual_digits": true"#, with: #""individual_digits": false"#)), "individual_digits"
    )
    expect(Self.json(Self.digits.replacing("Digits", with: "Punctuation")), "Punctuation")
    expect(Self.json(Self.llama3.replacing("{1,3}", with: "{1,2}")), "pattern")
    expect(Self.json(Self.llama3.replacing("Isolated", with: "Removed")), "behavior")
    expect(Self.json(Self.gpt2).replacing(#""merges": ["#, with: #""xmerges": ["#), "no merges")
    expect(Self.json(Self.gpt2).replacing(#""1 2""#, with: #""1 q3""#), "merges[2] needs the piece \"q3\"")
    expect(Self.json(Self.gpt2).replacing(#""id": 1, "#, with: #""id": 999, "#), "999")
    expect(Self.json(#"{"type": "Whitespace"}"#), "byte_fallback")
    expect(Self.json(Self.gpt2).replacing(#""type": "BPE""#, with: #""type": "Unigram""#), "Unigram")
  }
}
