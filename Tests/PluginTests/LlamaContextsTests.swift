import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Llama2

/// What the augmentor does with prompts and files that it cannot use.
@Suite("Llama contexts", .serialized) struct LlamaContextsTests {
  private let lab: Lab
  private var folder: String { lab.path("llama") }

  init() throws {
    lab = try Lab()
    try TinyLlama.write(to: lab.path("llama"))
    try Data(LlamaFiles.sentencePiece()).write(to: URL(fileURLWithPath: lab.path("llama/tokenizer.model")))
  }

  private func augmentor() throws -> Llama2Augmentor {
    try LlamaFiles.augmentor(["model": folder, "chat": "none", "maxNewTokens": "8", "arithmetic": "exact"])
  }

  /// Others get their contexts, and failures do not come in a row, which would look as if nothing could succeed.
  @Test func sentencesThatDoNotFitLeaveTheOthersBe() async throws {
    let requests = (0..<12).map { i in
      ContextRequest(
        index: i, words: Array(repeating: "word", count: i < 6 ? 40 : 2), split: "train", position: i, splitCount: 12,
        random: RandomStream(seed: 1, "\(i)"))
    }
    var inARow = 0, failed: [Int: String] = [:], texts: [Int: Context] = [:]
    for try await (index, context) in try await augmentor().contexts(for: requests) {
      if let reason = context.failure { failed[index] = reason } else { texts[index] = context }
      inARow = context.failure == nil ? 0 : inARow + 1
      #expect(inARow < 2)
    }
    #expect(failed.keys.sorted() == Array(0..<6) && texts.keys.sorted() == Array(6..<12))
    #expect(texts.values.allSatisfy { $0.promptTokens == 11 && $0.text == $0.text.trimmed })
    // Forty words of a space and four letters, behind the token that begins a text.
    #expect(failed[0]?.contains("201 tokens and 8 new ones exceed the 128 positions") == true, "\(failed)")
  }

  @Test func aPromptThatStandsAloneIsAnError() async throws {
    let request = GenerationRequest(
      index: 0, prompt: String(repeating: "word ", count: 40), isChat: false, random: RandomStream(seed: 1, ""))
    await #expect(throws: PluginError.self) {
      for try await _ in try await augmentor().generate([request]) {}
    }
  }

  @Test func filesThatAreCutShortAreDamaged() throws {
    let whole = try lab.bytes("llama/model.safetensors")
    for (name, bytes) in [
      ("empty.gguf", Data()), ("cut.gguf", Data("GGUF".utf8)), ("other.gguf", Data("<!DOCTYPE html>".utf8)),
      ("llama/model.safetensors", whole.prefix(whole.count / 2)), ("llama/model.safetensors", Data()),
    ] {
      try bytes.write(to: URL(fileURLWithPath: lab.path(name)))
      let path = name.hasSuffix(".gguf") ? lab.path(name) : folder
      let error = #expect(throws: Diagnostic.self) { try ModelFile(path: path) }
      #expect(error?.code == "M402" && error?.hint?.contains("download it again") == true, "\(name): \(error?.message ?? "")")
    }
  }
}
