import PluginAPI
import Tokenizers

/// How a system prompt and a user's text are written for a model that was trained on conversations.
enum ChatTemplate: String, Sendable, CaseIterable, Codable {
  /// Meta's: `[INST] <<SYS>>`, with its line breaks (llama/generation.py).
  case llama2
  /// O-CALM's form of it: single spaces instead of the line breaks.
  case llama2OCALM = "llama2-ocalm"
  case chatml, llama3, mistral
  /// The texts alone, one after the other.
  case none

  /// A part of a prompt: a text, in which nothing is special, or a special token.
  enum Part: Equatable {
    case text(String)
    case special(String)
  }

  /// The template that a model's own (Jinja) text is; nil where it is none of these.
  static func recognise(_ template: String) -> ChatTemplate? {
    if template.contains("<|im_start|>") { return .chatml }
    if template.contains("<|start_header_id|>") { return .llama3 }
    if template.contains("<<SYS>>") { return .llama2 }
    return template.contains("[INST]") ? .mistral : nil
  }

  /// What ChatML models put where there is no system prompt: the literal text of their own template.
  static func defaultSystem(_ template: String) -> String? {
    for opening in ["<|im_start|>system\\n", "<|im_start|>system\n"] {
      let pieces = template.split(separator: opening, maxSplits: 1, omittingEmptySubsequences: false)
      guard pieces.count == 2, let text = pieces[1].split(separator: "<|im_end|>", maxSplits: 1).first else { continue }
      if !text.contains("'"), !text.contains("{{"), !text.isEmpty { return String(text) }
    }
    return nil
  }

  /// The prompt's parts up to where the answer begins.
  func parts(system: String?, user: String) -> [Part] {
    switch self {
    case .none: return [.text((system.map { $0 + "\n\n" } ?? "") + user)]
    case .llama2:
      let user = Self.trimmed(user)
      return [.text("[INST] " + (system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "") + "\(user) [/INST]")]
    case .llama2OCALM: return [.text("[INST] " + (system.map { "<<SYS>> \($0) <</SYS>> " } ?? "") + "\(user) [/INST]")]
    case .mistral: return [.text("[INST] " + (system.map { $0 + "\n\n" } ?? "") + "\(user) [/INST]")]
    case .chatml:
      func turn(_ role: String, _ text: String) -> [Part] {
        [.special("<|im_start|>"), .text("\(role)\n\(text)"), .special("<|im_end|>"), .text("\n")]
      }
      return (system.map { turn("system", $0) } ?? []) + turn("user", user)
        + [.special("<|im_start|>"), .text("assistant\n")]
    case .llama3:
      func turn(_ role: String, _ text: String) -> [Part] {
        [
          .special("<|start_header_id|>"), .text(role), .special("<|end_header_id|>"), .text("\n\n" + Self.trimmed(text)),
          .special("<|eot_id|>"),
        ]
      }
      return (system.map { turn("system", $0) } ?? []) + turn("user", user)
        + [.special("<|start_header_id|>"), .text("assistant"), .special("<|end_header_id|>"), .text("\n\n")]
    }
  }

  /// The ids, the begin-of-sequence token included where the model wants one.
  func tokens(system: String?, user: String, _ tokenizer: any LanguageTokenizer) throws -> [Int32] {
    var ids: [Int32] = []
    if tokenizer.addsBOS || self == .llama3, let bos = tokenizer.bos { ids.append(bos) }
    var pending = ""
    func flush() {
      if !pending.isEmpty { ids += tokenizer.encode(pending, parsingSpecials: false) }
      pending = ""
    }
    for part in parts(system: system, user: user) {
      switch part {
      case .text(let text): pending += text
      case .special(let name):
        flush()
        guard let id = tokenizer.id(ofSpecial: name) else {
          throw Diagnostic(
            "M404", "the chat template `\(rawValue)` needs the token \(name), which the model's tokenizer does not have",
            hint: "set `chat:` to the template of this model")
        }
        ids.append(id)
      }
    }
    flush()
    return ids
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
