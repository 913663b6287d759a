import ArgumentParser
import FoundationEssentials
import PluginAPI

/// The language model of a command that tries one alone.
struct GeneratorOptions: ParsableArguments {
  @Option(help: "The augmentor plugin that has the language model.")
  var plugin = "llama2"

  @Option(help: "The model: a .gguf file or a Hugging Face folder.")
  var model: String

  func generator(_ options: [(name: String, value: String?)]) throws -> any TextGenerator {
    let given = [(name: "model", value: model)] + options.compactMap { option in option.value.map { (option.name, $0) } }
    let flags = ["maxNewTokens": "max-tokens", "topP": "top-p", "streams": "parallel"]
    guard let generator = try makeComponent(plugin, .augmentor, options: given, flags: flags) as? any TextGenerator else {
      throw Diagnostic("P310", "plugin `\(plugin)` is an augmentor without a language model of its own")
    }
    return generator
  }
}

/// `calm generate`: what a language model goes on with.
struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Let a language model continue prompts.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, jsonl }

  @OptionGroup var model: GeneratorOptions
  @Option(help: "The prompt. Special tokens written in it are special, unless --chat.")
  var prompt: String?
  @Option(help: ArgumentHelp("Prompts, one JSON string a line; - is standard input.", valueName: "file"))
  var promptFile: String?
  @Flag(help: "Each prompt is what a user says: the model's chat template goes around it.")
  var chat = false
  @Option(help: "exact: float32 on dequantised weights; fast: 8-bit activations.")
  var arithmetic = "exact"
  @Option(help: "Tokens of a text at most; default: the plugin's maxNewTokens.")
  var maxTokens: Int?
  @Option(help: "0 always takes the most probable token; default: the plugin's.")
  var temperature: Double?
  @Option(help: "Draw from the least set of tokens of this probability; default: the plugin's.")
  var topP: Double?
  @Option(help: "Seed of the texts; equal prompts give equal texts.")
  var seed: UInt64 = 0
  @Option(help: "Texts written at the same time; default: the plugin's streams.")
  var parallel: Int?
  @Option(help: "Compute threads; default: all cores.")
  var threads: Int?
  @Option(help: "text, or jsonl: an object a prompt with index, text, tokens and finish.")
  var format = Format.text

  func validate() throws {
    if (prompt == nil) == (promptFile == nil) { throw ValidationError("give either --prompt or --prompt-file") }
  }

  private struct Line: Encodable {
    var index: Int
    var text: String
    var tokens: [Int]
    var finish: String
  }

  mutating func run() async throws {
    try prepareMachine(threads: threads)
    let prompts = try prompts()
    let generator = try model.generator([
      ("arithmetic", arithmetic), ("maxNewTokens", maxTokens.map(String.init)), ("temperature", temperature.map { "\($0)" }),
      ("topP", topP.map { "\($0)" }), ("streams", parallel.map(String.init)),
    ])
    let requests = prompts.enumerated().map { index, prompt in
      GenerationRequest(
        index: index, prompt: prompt, isChat: chat, random: RandomStream(seed: seed, "generate " + prompt))
    }
    // Printed in the order of the prompts, each as soon as those before it are.
    var early: [Int: Generation] = [:], next = 0
    do {
      for try await generation in try await generator.generate(requests) {
        early[generation.index] = generation
        while let ready = early.removeValue(forKey: next) {
          try show(ready)
          next += 1
        }
      }
    } catch let error as Diagnostic { throw error } catch { throw Diagnostic("P320", "plugin `\(model.plugin)`: \(error)") }
    guard next == requests.count else {
      throw Diagnostic("P320", "plugin `\(model.plugin)`: prompt \(next) was not answered")
    }
  }

  private func show(_ generation: Generation) throws {
    switch format {
    case .text: Console.shared.result(generation.text)
    case .jsonl:
      Console.shared.result(
        try jsonLine(
          Line(index: generation.index, text: generation.text, tokens: generation.tokens, finish: generation.finish)))
    }
  }

  private func prompts() throws -> [String] {
    guard let promptFile else { return [prompt ?? ""] }
    return try readLines(promptFile).enumerated().map { index, line in
      guard let text = try? JSONDecoder().decode(String.self, from: Data(line.utf8)) else {
        throw Diagnostic(
          "D208", "\(promptFile):\(index + 1) is not a JSON string", hint: "write one quoted string a line, as in \"a prompt\"")
      }
      return text
    }
  }
}
