import ArgumentParser
import PluginAPI

/// `calm contexts show`: one sentence's contexts.
struct ContextsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the contexts of one sentence, and what is known of them.")

  @Argument(help: "A store or a file; default: the store of CALM_CACHE.") var path: String?
  @Option(help: "The sentence's index in its split, counted from 0.") var index: Int?
  @Option(help: "The sentence, its words at single spaces.") var text: String?
  @Option(help: "The key of a stored answer, or its beginning.") var key: String?
  @Option(help: "Of this imported source only.") var source: String?
  @Option(help: "Of this split only.") var split: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  mutating func validate() throws {
    guard [index != nil, text != nil, key != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("say which sentence: --index, --text or --key")
    }
  }

  private struct Shown: Encodable {
    var from: String
    var prompt: String?
    var index: Int?
    var key: String?
    var sentence: String
    var context: String?
    var `class`: String?
    var finish: String?
    var source: String?
    var promptTokens: Int?, tokens: Int?, milliseconds: Int?
    var details: [String: String]?
  }

  mutating func run() throws {
    let sets = try ContextSet.read(path ?? ContextStore.defaultPath)
      .filter { (source == nil || $0.source == source) && (split == nil || $0.split == split) }
    let found = sets.flatMap { set in
      set.items.enumerated().filter { i, item in
        if let index { return set.isOrdered && i == index }
        if let key { return item.key?.hasPrefix(key.lowercased()) == true }
        return item.sentence == text
      }.map { i, item in shown(set, i, item) }
    }
    guard !found.isEmpty else {
      throw Diagnostic("D203", "\(path ?? ContextStore.defaultPath) holds no such context")
    }
    Console.shared.result(format == .json ? prettyJSON(found) : found.map(block).joined(separator: "\n\n"))
  }

  private func shown(_ set: ContextSet, _ i: Int, _ item: ContextSet.Item) -> Shown {
    let context = item.context
    return Shown(
      from: set.name, prompt: set.prompt, index: set.isOrdered ? i : nil, key: item.key, sentence: item.sentence,
      context: context?.text,
      class: context.map { ContextClass(encoderText($0.text), failBelow: ContextsSection.standardFailBelow).rawValue },
      finish: context?.finish, source: context?.source, promptTokens: context?.promptTokens, tokens: context?.tokens,
      milliseconds: context?.milliseconds, details: context?.details.isEmpty == false ? context?.details : nil)
  }

  private func block(_ item: Shown) -> String {
    let rows: [(String, String?)] = [
      ("from", item.from), ("prompt", item.prompt), ("index", item.index.map(String.init)), ("key", item.key),
      ("sentence", item.sentence), ("class", item.class), ("finish", item.finish), ("source", item.source),
      ("read", item.promptTokens.map { "\($0) tokens" }), ("written", item.tokens.map { "\($0) tokens" }),
      ("time", item.milliseconds.map { "\($0) ms" }),
    ]
    let details = (item.details ?? [:]).sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    let head = TextTable(rows: rows.compactMap { name, value in value.map { [name, $0] } } + details, right: []).description
    return head + "\n\n" + (item.context ?? "(not made yet)")
  }
}
