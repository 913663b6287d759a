import PluginAPI
import Tokenizers

/// A chat template as it is written for one model.
struct Chat: Sendable {
  /// A part of a prompt: a text, in which nothing is special, or a special token.
  enum Part: Equatable {
    case text(String)
    case special(String)
  }

  let template: ChatTemplate
  /// The system's text where nobody gives one.
  let defaultSystem: String?
  /// What the system's text begins with, whether or not there is more of it.
  let preamble: String?
  /// What stands behind `[INST]` where that is a token; nil where it is text.
  let instructionSpace: String?
  /// Whether the model's template writes the begin-of-sequence token into the text, whose beginning that token then is.
  private let writesBOS: Bool
  /// Whether the first text has a space in front, where that is not so of every text.
  private let beginning: String?

  init(_ template: ChatTemplate, _ tokenizer: (any LanguageTokenizer)?) {
    let own = tokenizer?.chatTemplate
    self.template = template
    writesBOS = template != .none && (own.map { $0.contains("bos_token") || $0.contains("<s>") } ?? false)
    beginning = tokenizer.flatMap { [writesBOS] in
      let (first, later) = ($0.encode("a", parsingSpecials: false), $0.encode("a", parsingSpecials: false, isFirst: false))
      return first == later ? nil : writesBOS ? "bare" : "spaced"
    }
    switch template {
    case .chatml: defaultSystem = own.flatMap(Self.chatmlSystem)
    case .vicuna: defaultSystem = own?.contains(Self.vicunaSystem.prefix(80)) ?? true ? Self.vicunaSystem : nil
    default: defaultSystem = nil
    }
    // Llama 3.1 and later. Some of them take the day's date where they can get it; texts must not depend on it.
    preamble =
      template == .llama3 && own?.contains("Cutting Knowledge Date") == true
      ? "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n" : nil
    instructionSpace = template == .mistral ? tokenizer.flatMap(Self.instructionSpace) : nil
  }

  /// Mistral's tokenizers from the second on have `[INST]` as a token, with one space behind it; those of tiktoken's kind have
  /// none. SentencePiece puts the space there by itself.
  private static func instructionSpace(_ tokenizer: any LanguageTokenizer) -> String? {
    guard tokenizer.id(ofSpecial: "[INST]") != nil else { return nil }
    let isSpaced = tokenizer.chatTemplate?.contains("[INST] ") ?? true
    let first = tokenizer.encode("a", parsingSpecials: false, isFirst: false).first
    return isSpaced && first.flatMap { tokenizer.bytes(of: $0).first } != 0x20 ? " " : ""
  }

  /// The literal text that a ChatML model's template puts where there is no system prompt.
  private static func chatmlSystem(_ template: String) -> String? {
    for opening in ["<|im_start|>system\\n", "<|im_start|>system\n"] {
      let pieces = template.split(separator: opening, maxSplits: 1, omittingEmptySubsequences: false)
      guard pieces.count == 2, let text = pieces[1].split(separator: "<|im_end|>", maxSplits: 1).first else { continue }
      if !text.contains("'"), !text.contains("{{"), !text.isEmpty { return String(text) }
    }
    return nil
  }

  private static let vicunaSystem =
    "A chat between a curious user and an artificial intelligence assistant. "
    + "The assistant gives helpful, detailed, and polite answers to the user's questions."

  /// What the texts depend on, as far as `template` does not tell it.
  /// - Parameter usesDefault: whether no request has a system's text of its own.
  func fingerprint(usesDefault: Bool) -> [String: String] {
    var names = ["chat": template.rawValue]
    if usesDefault { names["chatSystem"] = defaultSystem }
    names["chatPreamble"] = preamble
    names["chatInstruction"] = instructionSpace.map { "[INST]" + $0 }
    names["chatBeginning"] = beginning
    return names
  }

  /// The prompt's parts up to where the answer begins.
  func parts(system: String?, user: String) -> [Part] {
    switch template {
    case .none: return [.text((system.map { $0 + "\n\n" } ?? "") + user)]
    case .llama2:
      let user = user.trimmed
      return [.text("[INST] " + (system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "") + "\(user) [/INST]")]
    case .llama2OCALM: return [.text("[INST] " + (system.map { "<<SYS>> \($0) <</SYS>> " } ?? "") + "\(user) [/INST]")]
    case .mistral:
      let text = (system.map { $0 + "\n\n" } ?? "") + user
      guard let instructionSpace else { return [.text("[INST] \(text) [/INST]")] }
      return [.special("[INST]"), .text(instructionSpace + text), .special("[/INST]")]
    case .chatml:
      func turn(_ role: String, _ text: String) -> [Part] {
        [.special("<|im_start|>"), .text("\(role)\n\(text)"), .special("<|im_end|>"), .text("\n")]
      }
      return (system.map { turn("system", $0) } ?? []) + turn("user", user)
        + [.special("<|im_start|>"), .text("assistant\n")]
    case .llama3:
      func opening(_ role: String) -> [Part] { [.special("<|start_header_id|>"), .text(role), .special("<|end_header_id|>")] }
      func turn(_ role: String, _ text: String) -> [Part] {
        opening(role) + [.text("\n\n" + text), .special("<|eot_id|>")]
      }
      let instructions = system?.trimmed
      let whole = preamble.map { $0 + (instructions ?? "") } ?? instructions
      return (whole.map { turn("system", $0) } ?? []) + turn("user", user.trimmed) + opening("assistant")
        + [.text("\n\n")]
    case .zephyr:
      func turn(_ role: String, _ text: String) -> [Part] { [.text("<|\(role)|>\n\(text)"), .special("</s>"), .text("\n")] }
      return (system.map { turn("system", $0) } ?? []) + turn("user", user) + [.text("<|assistant|>\n")]
    case .vicuna: return [.text((system.map { $0 + " " } ?? "") + "USER: \(user) ASSISTANT:")]
    }
  }

  /// The ids, the begin-of-sequence token included where the model wants one.
  func tokens(system: String?, user: String, _ tokenizer: any LanguageTokenizer) throws -> [Int32] {
    var ids: [Int32] = []
    if tokenizer.addsBOS || template == .llama3, let bos = tokenizer.bos { ids.append(bos) }
    var pending = ""
    func flush() {
      let isFirst = ids.isEmpty || (ids == [tokenizer.bos] && !writesBOS)
      if !pending.isEmpty { ids += tokenizer.encode(pending, parsingSpecials: false, isFirst: isFirst) }
      pending = ""
    }
    for part in parts(system: system, user: user) {
      switch part {
      case .text(let text): pending += text
      case .special(let name):
        flush()
        guard let id = tokenizer.id(ofSpecial: name) else {
          throw Diagnostic(
            "M404",
            "the chat template `\(template.rawValue)` needs the token \(name), which the model's tokenizer does not have",
            hint: "set `chat:` to the template of this model")
        }
        ids.append(id)
      }
    }
    flush()
    return ids
  }
}
