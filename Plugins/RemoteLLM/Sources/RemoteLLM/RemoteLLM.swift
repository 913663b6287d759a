public import PluginAPI

let manifest = Manifest(
  id: "remote-llm", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0",
  summary: "contexts written by a language model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, TGI, hosted",
  seeded: false, takesPrompt: true)

/// Options of the augmentor.
struct RemoteLLMOptions: PluginOptions {
  var endpoint: String
  var model: String
  var key: String?
  var api: API
  var promptSlot: PromptSlot
  var template: String?
  var maxNewTokens: Int
  var temperature: Double
  var topP: Double
  var frequencyPenalty: Double
  var presencePenalty: Double
  var stop: [String]?
  var tokenField: String
  var omit: [String]?
  var extra: JSON?
  var stream: Bool
  var stripThinking: Bool
  var concurrency: Int
  var maxTotalTokens: Int?
  var maxCost: Double?
  var promptPrice: Double
  var completionPrice: Double

  static let fields = [
    OptionField.required("endpoint", .url, help: "base address, such as http://localhost:8000/v1"),
    .required("model", .string, help: "the model's name, as the server knows it"),
    .optional("key", .string, help: "environment variable, or file with mode 600, that holds the server's key"),
    .optional(
      "api", .choice(API.allCases.map(\.rawValue)), default: "chat",
      help: "chat: the server puts the model's template around the texts; completions: `template` is all that the model reads"),
    .optional(
      "promptSlot", .choice(PromptSlot.allCases.map(\.rawValue)), default: "system",
      help: "where the task prompt stands: system as in the paper, or user, before the sentence"),
    .optional(
      "template", .string,
      help: "text for `api: completions`, with {prompt} and {sentence}; default: both, with an empty line between and behind"),
    .optional("maxNewTokens", .integer, default: "256", in: 1...100_000, help: "tokens of a context at most"),
    .optional("temperature", .number, default: "0.6", in: 0...10, help: "0 always takes the most probable token"),
    .optional("topP", .number, default: "0.9", in: 0.001...1, help: "draw from the least set of this probability"),
    .optional("frequencyPenalty", .number, default: "0", in: -2...2, help: "lowers tokens by how often they were there"),
    .optional("presencePenalty", .number, default: "0", in: -2...2, help: "lowers tokens that were there"),
    .optional("stop", .list(.string), help: "texts that end a context; they are not part of it"),
    .optional(
      "tokenField", .choice(["max_tokens", "max_completion_tokens"]), default: "max_tokens",
      help: "how the server calls the limit on new tokens"),
    .optional("omit", .list(.string), help: "fields that the server refuses, such as seed: they are not sent"),
    .optional("extra", .any, help: "further fields of the request, such as {top_k: 40, repeat_penalty: 1}"),
    .optional(
      "stream", .boolean, default: "false",
      help: "have the text sent as it is written: `http.readSeconds` is then the longest pause, not the time of the whole text"),
    .optional("stripThinking", .boolean, default: "false", help: "leave out what stands between <think> and </think>"),
    .optional(
      "concurrency", .integer, default: "4", in: 1...1024, help: "requests at a time; `http.concurrency` bounds them too"),
    .optional("maxTotalTokens", .integer, in: 1...1e15, help: "tokens, read and written, that a run may use"),
    .optional("maxCost", .number, in: 0...1e12, help: "what a run may cost, in the currency of the prices"),
    .optional("promptPrice", .number, default: "0", in: 0...1e9, help: "price of a million tokens read"),
    .optional("completionPrice", .number, default: "0", in: 0...1e9, help: "price of a million tokens written"),
  ]
}

/// Which of the server's two interfaces is asked.
enum API: String, Sendable, CaseIterable, Codable { case chat, completions }

/// Where the task prompt stands in a conversation.
enum PromptSlot: String, Sendable, CaseIterable, Codable { case system, user }

/// The entry point.
@c(calm_plugin_RemoteLLM)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: RemoteLLMOptions.self) { options, _, services in
      try RemoteLLMAugmentor(options, services: services)
    }
  }
}
