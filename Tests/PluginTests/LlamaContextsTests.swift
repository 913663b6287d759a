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
    try Data(Self.tokenizer).write(to: URL(fileURLWithPath: lab.path("llama/tokenizer.model")))
  }

  /// SentencePiece with a piece for each letter, and nothing to join.
  private static let tokenizer: [UInt8] = {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    func flag(_ number: Int) -> [UInt8] { [UInt8(number << 3 & 0x7F) | (number > 15 ? 0x80 : 0)] + (number > 15 ? [2] : []) }
    let letters = ["\u{2581}"] + "abcdefghijklmnopqrstuvwxyz".map(String.init)
    let pieces: [(text: String, kind: UInt8)] = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + letters.map { ($0, 1) }
    let listed = pieces.flatMap { piece in
      field(1, field(1, Array(piece.text.utf8)) + [2 << 3 | 5, 0, 0, 0, 0, 3 << 3, piece.kind])
    }
    // Byte-pair encoding without bytes to fall back to; a space in front, and spaces are kept.
    return listed + field(2, [3 << 3, 2] + flag(35) + [0]) + field(3, [3 << 3, 1, 4 << 3, 0])
  }()

  private func augmentor() throws -> Llama2Augmentor {
    let mark = SourceMark(file: "test", line: 1, column: 1)
    let values = ["model": folder, "chat": "none", "maxNewTokens": "8", "arithmetic": "exact"]
    let entries = values.map { name, value in
      ConfigNode.Entry(.init(name, mark: mark), ConfigNode(.scalar(value, quoted: false), mark: mark))
    }
    let options = try decodeOptions(Llama2Options.self, from: ConfigNode(.map(entries), mark: mark), what: "test")
    return try Llama2Augmentor(options, services: Services(seed: 1, cacheFolder: "/tmp") { _, _ in })
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
    #expect(texts.values.allSatisfy { $0.promptTokens == 11 })
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
