public import PluginAPI
import Tokenizers

let manifest = Manifest(
  id: "llama2", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0",
  summary: "contexts written by a Llama or Mistral language model: GGUF files and Hugging Face folders", seeded: true,
  takesPrompt: true)

/// Options of the augmentor.
struct Llama2Options: PluginOptions {
  var model: String
  var arithmetic: Arithmetic
  var quantise: Quantisation
  var chat: String
  var promptSlot: PromptSlot
  var maxNewTokens: Int
  var temperature: Float
  var topP: Float
  var topK: Int
  var repetitionPenalty: Float
  var stop: [String]?
  var streams: Int
  var cacheMegabytes: Int

  static let fields = [
    OptionField.required("model", .model, help: "a .gguf file, or a Hugging Face folder of a Llama or Mistral model"),
    .optional(
      "arithmetic", .choice(Arithmetic.allCases.map(\.rawValue)), default: "fast",
      help: "exact: float32 on dequantised weights; fast: 8-bit activations on the quantised weights"),
    .optional(
      "quantise", .choice(Quantisation.allCases.map(\.rawValue)), default: "none",
      help: "round float weights to 8 or 4 bits when they are loaded (arithmetic fast)"),
    .optional(
      "chat", .choice(["auto"] + ChatTemplate.allCases.map(\.rawValue)), default: "auto",
      help: "how prompt and sentence are written for the model; auto: as its own template says, which has to be one of these"),
    .optional(
      "promptSlot", .choice(PromptSlot.allCases.map(\.rawValue)), default: "system",
      help: "where the task prompt stands: system as in the paper, or user, before the sentence"),
    .optional("maxNewTokens", .integer, default: "256", in: 1...100_000, help: "tokens of a context at most"),
    .optional("temperature", .number, default: "0.6", in: 0...10, help: "0 always takes the most probable token"),
    .optional("topP", .number, default: "0.9", in: 0.001...1, help: "draw from the least set of this probability"),
    .optional("topK", .integer, default: "0", in: 0...1_000_000, help: "draw from so many tokens at most; 0: all"),
    .optional(
      "repetitionPenalty", .number, default: "1", in: 0.1...10, help: "divides the logits of tokens that were there before"),
    .optional("stop", .list(.string), help: "texts that end a context; they are not part of it"),
    .optional("streams", .integer, default: "32", in: 1...1024, help: "contexts written at the same time"),
    .optional(
      "cacheMegabytes", .integer, default: "4096", in: 1...10_000_000, help: "memory of keys and values of all streams at most"),
  ]
}

/// Where the task prompt stands in a conversation.
enum PromptSlot: String, Sendable, CaseIterable, Codable { case system, user }

/// The entry point.
@c(calm_plugin_Llama2)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: Llama2Options.self) { options, _, services in
      try Llama2Augmentor(options, services: services)
    }
  }
}
