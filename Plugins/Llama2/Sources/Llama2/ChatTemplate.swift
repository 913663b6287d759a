/// How a system prompt and a user's text are written for a model that was trained on conversations.
enum ChatTemplate: String, Sendable, CaseIterable, Codable {
  /// Meta's: `[INST] <<SYS>>`, with its line breaks (llama/generation.py).
  case llama2
  /// O-CALM's form of it: single spaces instead of the line breaks.
  case llama2OCALM = "llama2-ocalm"
  case chatml, llama3, mistral
  /// `<|user|>` and `</s>`, as TinyLlama-Chat and Zephyr have it.
  case zephyr
  /// Vicuna 1.1 and 1.5: `USER: … ASSISTANT:` in one line.
  case vicuna
  /// The texts alone, one after the other.
  case none

  /// The template that a model's own (Jinja) text is; nil where it is none of these. What only resembles one is none: a prompt
  /// that is written a little wrong gives worse texts, and nobody sees it.
  static func recognise(_ template: String) -> ChatTemplate? {
    // `<|im_sep|>`: Phi 4.
    if template.contains("<|im_start|>") { return template.contains("<|im_sep|>") ? nil : .chatml }
    if template.contains("<|start_header_id|>") { return .llama3 }
    if template.contains("<<SYS>>") { return .llama2 }
    // `[SYSTEM_PROMPT]`: Mistral's seventh tokenizer and later.
    if template.contains("[INST]") { return template.contains("[SYSTEM_PROMPT]") ? nil : .mistral }
    // The files have line breaks as they are, or escaped, and either kind of quotes.
    let text = template.replacing("\\n", with: "\n").replacing("\"", with: "'")
    return isZephyr(text) ? .zephyr : isVicuna(text) ? .vicuna : nil
  }

  /// Falcon 3 has the same roles without the token that ends a turn, others the token without a line break behind it.
  private static func isZephyr(_ text: String) -> Bool {
    guard let behind = rest(of: text, behind: "'<|user|>\n' + message['content'] + eos_token") else { return false }
    let next = behind.drop { $0 == " " }
    return next.hasPrefix("}}\n") || next.hasPrefix("+ '\n'")
  }

  /// Others have the same roles in a line each, or a third one.
  private static func isVicuna(_ text: String) -> Bool {
    guard let behind = rest(of: text, behind: "USER: ' + "), !text.contains("SYSTEM: "), !text.contains("\n'") else {
      return false
    }
    let turn = behind.split(separator: "}}", maxSplits: 1, omittingEmptySubsequences: false)[0]
    return text.contains("' ASSISTANT:") || turn.contains("+ ' '") && text.contains("'ASSISTANT:")
  }

  private static func rest(of text: String, behind words: String) -> Substring? {
    let pieces = text.split(separator: words, maxSplits: 1, omittingEmptySubsequences: false)
    return pieces.count == 2 ? pieces[1] : nil
  }
}
