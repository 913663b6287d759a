import ArgumentParser
import FoundationEssentials
import PluginAPI

/// The model of a command that tries one component alone.
struct EncoderOptions: ParsableArguments {
  @Option(help: "The encoder plugin; default: chosen by the model's model_type.")
  var plugin: String?

  @Option(help: "The model folder.")
  var model: String

  /// - Parameter textOnly: whether the tokenizer is enough.
  func encoder(textOnly: Bool = false, precision: String? = nil) throws -> any TokenEncoder {
    try Self.open(
      model: model, plugin: plugin, options: precision.map { [("precision", $0)] } ?? [], textOnly: textOnly)
  }

  /// The model in a folder; `options` are given to the plugin beside it.
  static func open(
    model: String, plugin: String?, options: [(name: String, value: String)] = [], textOnly: Bool = false
  ) throws -> any TokenEncoder {
    let id = try plugin ?? pluginID(forModel: model)
    let made = try makeComponent(id, .encoder, options: [("model", model)] + options, shape: Shape(textOnly: textOnly))
    guard let encoder = made as? any TokenEncoder else {
      throw Diagnostic("P310", "plugin `\(id)` is an encoder without sub-tokens")
    }
    return encoder
  }

  /// The shipped plugin that reads a model, by its `model_type`; folders from before 2020 have none, and the name of their
  /// architecture at most.
  private static func pluginID(forModel folder: String) throws -> String {
    struct Config: Decodable {
      var model_type: String?
      var architectures: [String]?
    }
    guard let data = FileManager.default.contents(atPath: folder + "/config.json") else {
      throw Diagnostic("M401", "\(folder)/config.json cannot be read", hint: "--model takes a Hugging Face folder")
    }
    let config = try? JSONDecoder().decode(Config.self, from: data)
    let isRoberta = config?.architectures?.first.map { $0.hasPrefix("Roberta") || $0.hasPrefix("XLMRoberta") } ?? false
    let type = config?.model_type ?? (isRoberta ? "roberta" : "bert")
    switch type {
    case "bert": return "biobert"
    case "xlm-roberta", "roberta": return "xlm-r"
    default:
      throw Diagnostic("M401", "no shipped plugin reads models of type `\(type)` (\(folder))", hint: "name one with --plugin")
    }
  }
}

/// A plugin that a command tries alone; `options` come from the command line, each from the flag of its name or the one that
/// `flags` gives.
func makeComponent(
  _ id: String, _ kind: PluginKind, options: [(name: String, value: String)], flags: [String: String] = [:],
  shape: Shape = Shape()
) throws -> any Plugin {
  let loaded = try PluginRegistry(declared: [], folders: []).plugin(id: id, kind: kind, mark: nil)
  let entries = options.map { name, value in
    let place = SourceMark(file: "--\(flags[name] ?? name)", line: 1, column: 1)
    return ConfigNode.Entry(.init(name, mark: place), ConfigNode(.scalar(value, quoted: false), mark: place))
  }
  let given = ConfigNode(.map(entries), mark: SourceMark(file: "the command line", line: 1, column: 1))
  return try PluginUse(id: id, plugin: loaded, options: given.filled(with: loaded.manifest.options))
    .make(shape: shape, services: .standard(seed: 1))
}

/// The content of a file; `-` is standard input.
func readInput(_ path: String) throws -> [UInt8] { try FileBytes.read(path == "-" ? "/dev/stdin" : path) }

/// Reads a file as lines that end at U+000A only; `-` is standard input.
func readLines(_ path: String) throws -> [String] {
  guard let text = String(validating: try readInput(path), as: UTF8.self) else {
    throw Diagnostic("D208", "\(path) is not UTF-8")
  }
  var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  if lines.last?.isEmpty == true { lines.removeLast() }
  return lines
}

/// `calm tokenize`: the ids of a model's tokenizer.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Show the sub-token ids of each line of a file, as JSON.")

  @OptionGroup var model: EncoderOptions
  @Flag(help: "Split each line at U+0020 into words first and give each id's word.")
  var words = false
  @Argument(help: "The file; - is standard input.")
  var file: String

  private struct Plain: Encodable { var ids: [Int] }
  private struct Words: Encodable {
    var ids: [Int]
    var wordIDs: [Int?]
  }

  mutating func run() throws {
    let encoder = try model.encoder(textOnly: true)
    for line in try readLines(file) {
      guard words else {
        Console.shared.result(try jsonLine(Plain(ids: encoder.tokenize(line).ids)))
        continue
      }
      let split = line.unicodeScalars.split(separator: " ").map { String($0) }
      let tokens = try encoder.tokenize(words: split)
      Console.shared.result(
        try jsonLine(Words(ids: tokens.ids, wordIDs: tokens.wordIDs.map { $0 < 0 ? nil : $0 })))
    }
  }
}

/// `calm encode`: the last hidden states of each line.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode", abstract: "Write the last hidden states of each line of a file as safetensors.")

  @OptionGroup var model: EncoderOptions
  @Argument(help: "The file; - is standard input.")
  var file: String
  @Option(name: .shortAndLong, help: "The safetensors file: `hidden.i` is [tokens with special tokens, hidden] of line i.")
  var output: String

  mutating func run() throws {
    try prepareMachine(threads: nil)
    let encoder = try model.encoder()
    let lines = try readLines(file)
    let states: [Tensor]
    do { states = try encoder.hiddenStates(lines) } catch { throw Diagnostic("P320", "\(file): \(error)") }
    if let line = states.firstIndex(where: { !$0.isFinite }) {
      throw Diagnostic(
        "P320", "\(file), line \(line + 1): the model's states are not finite; nothing is written",
        hint: "the weights may be damaged: load them in another program, or fetch them again")
    }
    do {
      try SafeTensors.write(states.enumerated().map { ("hidden.\($0)", $1) }, to: output)
    } catch { throw Diagnostic("S601", "\(error)") }
  }
}
