import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Llama2

/// What the files of a folder beside the weights do.
@Suite("Llama folders", .serialized) struct LlamaFolderTests {
  private let lab: Lab

  init() throws {
    lab = try Lab()
    try TinyLlama.write(to: lab.path("llama"))
    try write(LlamaFiles.sentencePiece(count: TinyLlama.vocabulary))
  }

  private func write(_ sentencePiece: [UInt8]) throws {
    try Data(sentencePiece).write(to: URL(fileURLWithPath: lab.path("llama/tokenizer.model")))
  }

  private func augmentor(
    _ options: [String: String] = [:], warnings: LlamaFiles.Warnings? = nil
  ) throws -> Llama2Augmentor {
    let fixed = ["model": lab.path("llama"), "arithmetic": "exact", "maxNewTokens": "4"]
    return try LlamaFiles.augmentor(fixed.merging(options) { $1 }, warnings: warnings)
  }

  private func texts(_ augmentor: Llama2Augmentor, _ prompt: String, isChat: Bool) async throws -> [Generation] {
    let request = GenerationRequest(index: 0, prompt: prompt, isChat: isChat, random: RandomStream(seed: 1, ""))
    var texts: [Generation] = []
    for try await text in try await augmentor.generate([request]) { texts.append(text) }
    return texts
  }

  @Test func addedTokensWithoutARowAreLeftOut() async throws {
    let plain = try augmentor(["chat": "none"])
    let sentences = [["ab", "c"], ["p", "pad"]].map { LlamaFiles.request($0, prompt: nil) }
    let expected = try sentences.map { try plain.tokens(of: $0) }
    try lab.write(#"{"<pad>": 90, "<x>": 91}"#, to: "llama/added_tokens.json")
    let warnings = LlamaFiles.Warnings()
    let padded = try augmentor(["chat": "none"], warnings: warnings)
    #expect(warnings.texts.count == 1 && warnings.texts[0].contains("90 rows"), "\(warnings.texts)")
    #expect(warnings.texts[0].contains("`<pad>`, `<x>`"))
    #expect(try sentences.map { try padded.tokens(of: $0) } == expected)
    // Written in a text, they are text.
    for words in [["a<pad>b"], ["<pad>"], ["<x><pad>", "<x>"]] {
      let ids = try padded.tokens(of: LlamaFiles.request(words, prompt: nil))
      #expect(ids.allSatisfy { $0 < 90 } && ids.count > 3, "\(words): \(ids)")
    }
    #expect(try await texts(padded, "a<pad>b", isChat: false).count == 1)
  }

  @Test(arguments: [
    ("added_tokens.json", #"{"<pad>": 90}"#),
    ("tokenizer_config.json", #"{"added_tokens_decoder": {"90": {"content": "<pad>", "special": true}}}"#),
    ("special_tokens_map.json", #"{"additional_special_tokens": ["<pad>"]}"#),
    ("special_tokens_map.json", #"{"additional_special_tokens": [{"content": "<pad>"}]}"#),
  ])
  func addedTokensOfEveryFile(name: String, text: String) async throws {
    try lab.write(text, to: "llama/" + name)
    let warnings = LlamaFiles.Warnings()
    let padded = try augmentor(["chat": "none"], warnings: warnings)
    #expect(warnings.texts.count == 1 && warnings.texts[0].contains("`<pad>`"), "\(warnings.texts)")
    // A prompt in which special tokens are special.
    #expect(try await texts(padded, "a<pad>b", isChat: false).count == 1)
  }

  @Test func anAddedTokenOfOneLetterIsDropped() {
    let base = ByteTokenizer(specials: [])
    let bounded = BoundedTokenizer(base, rows: ByteTokenizer.first + 0x7A, leftOut: ["z"])
    #expect(bounded.encode("azbz", parsingSpecials: false) == base.encode("ab", parsingSpecials: false))
    #expect(bounded.encode("abc", parsingSpecials: true) == base.encode("abc", parsingSpecials: true))
    #expect(bounded.vocabularySize == Int(ByteTokenizer.first) + 0x7A)
    // What is left of the text is still its beginning, and once only.
    let spaced = ByteTokenizer(specials: [], space: .first)
    let boundedToo = BoundedTokenizer(spaced, rows: ByteTokenizer.first + 0x7A, leftOut: ["z"])
    for text in ["azb", "zab"] {
      #expect(boundedToo.encode(text, parsingSpecials: false) == spaced.encode("ab", parsingSpecials: false), "\(text)")
    }
  }

  @Test func aBoundedTokenizerHasNoTokensBeyond() {
    let base = ByteTokenizer(specials: ["<a>", "<b>"], bos: 5)
    let bounded = BoundedTokenizer(base, rows: 2, leftOut: ["<b>"])
    #expect(bounded.id(ofSpecial: "<a>") == 1 && bounded.id(ofSpecial: "<b>") == nil)
    #expect(bounded.bos == nil && !bounded.addsBOS)
  }

  /// When the augmentor is made, not hours later.
  @Test func anOrdinaryVocabularyBeyondTheRowsIsRefused() throws {
    try write(LlamaFiles.sentencePiece(count: TinyLlama.vocabulary + 1))
    let error = #expect(throws: Diagnostic.self) { try augmentor() }
    #expect(error?.code == "M404" && error?.message.contains("91 tokens, the embedding 90") == true, "\(error?.message ?? "")")
    try lab.write(#"{"<pad>": 91}"#, to: "llama/added_tokens.json")
    #expect(throws: Diagnostic.self) { try augmentor() }
  }

  @Test func filesThatGiveAnotherTextTellModelsApart() throws {
    var digests = [try ModelFile(path: lab.path("llama")).digest()]
    for (name, text) in [
      ("generation_config.json", #"{"eos_token_id": 2}"#), ("tokenizer_config.json", "{}"),
    ] {
      try lab.write(text, to: "llama/" + name)
      digests.append(try ModelFile(path: lab.path("llama")).digest())
    }
    #expect(Set(digests).count == digests.count)
  }

  @Test func aTemplateThatIsNotKnownIsAnErrorBeforeAnyText() async throws {
    try lab.write("{{ '### Instruction: ' + message['content'] }}", to: "llama/chat_template.jinja")
    let request = LlamaFiles.request(["a"], prompt: "b")
    let unknown = try augmentor()
    let error = await #expect(throws: Diagnostic.self) { _ = try await unknown.contexts(for: [request]) }
    #expect(error?.code == "M404" && error?.message.contains(lab.path("llama")) == true, "\(error?.message ?? "")")
    #expect(error?.hint?.contains("`vicuna`") == true && error?.hint?.contains("`none` writes the texts as they are") == true)
    await #expect(throws: Diagnostic.self) { try await texts(unknown, "a", isChat: true) }
    // Without a conversation there is nothing to know.
    #expect(try await texts(unknown, "a", isChat: false).count == 1)
    let chosen = try augmentor(["chat": "none"])
    #expect(try chosen.text(of: request) == "b\n\na")
    #expect(chosen.fingerprint["chat"] == "none" && unknown.fingerprint["chat"] != "none")
  }

  @Test func withoutATemplateThereIsAWarning() throws {
    let warnings = LlamaFiles.Warnings()
    let plain = try augmentor(warnings: warnings)
    #expect(plain.fingerprint["chat"] == "none" && warnings.texts.count == 1 && warnings.texts[0].contains("Set `chat:`"))
  }

  /// Mistral's third tokenizer, in SentencePiece's format: one space behind the token, none before the other.
  @Test func instructionTokens() throws {
    try write(LlamaFiles.sentencePiece(control: ["[INST]", "[/INST]"]))
    try lab.write("{{ '[INST] ' + message['content'] + '[/INST]' }}", to: "llama/chat_template.jinja")
    let augmentor = try augmentor()
    // 5: the space; 6: a.
    #expect(try augmentor.tokens(of: LlamaFiles.request(["ab"], prompt: nil)) == [1, 3, 5, 6, 7, 4])
    #expect(augmentor.fingerprint["chat"] == "mistral")
  }

  @Test func theDefaultSystemTextBelongsToTheUserSlot() throws {
    try lab.write("{{ '<|im_start|>system\\nabc<|im_end|>\\n' }}", to: "llama/chat_template.jinja")
    #expect(try augmentor(["promptSlot": "user"]).fingerprint["chatSystem"] == "abc")
    #expect(try augmentor(["promptSlot": "system"]).fingerprint["chatSystem"] == nil)
  }
}
