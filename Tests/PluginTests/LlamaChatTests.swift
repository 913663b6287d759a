import PluginAPI
import Tokenizers
import Testing

@testable import Llama2

/// Prompts to the letter, and which template a model's own is.
@Suite("Llama chat templates") struct LlamaChatTests {
  typealias Part = Chat.Part

  /// A model, by its own template and special tokens, a system's text and the parts of a prompt.
  typealias Conversation = (template: ChatTemplate, own: String?, specials: [String], system: String?, parts: [Part])

  static let conversations: [Conversation] = [
    (.none, nil, [], "S", [.text("S\n\nU")]), (.none, nil, [], nil, [.text("U")]),
    (.llama2, nil, [], "S", [.text("[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST]")]),
    (.llama2, nil, [], nil, [.text("[INST] U [/INST]")]),
    (.llama2OCALM, nil, [], "S", [.text("[INST] <<SYS>> S <</SYS>> U [/INST]")]),
    (.llama2OCALM, nil, [], nil, [.text("[INST] U [/INST]")]),
    (.mistral, nil, [], "S", [.text("[INST] S\n\nU [/INST]")]), (.mistral, nil, [], nil, [.text("[INST] U [/INST]")]),
    (.mistral, nil, instructions, "S", [.special("[INST]"), .text(" S\n\nU"), .special("[/INST]")]),
    (.mistral, "{{ '[INST] ' + text }}", instructions, nil, [.special("[INST]"), .text(" U"), .special("[/INST]")]),
    (.mistral, "{{ '[INST]' + text }}", instructions, nil, [.special("[INST]"), .text("U"), .special("[/INST]")]),
    (
      .chatml, nil, [], "S",
      turn("<|im_start|>", "system\nS", "<|im_end|>") + turn("<|im_start|>", "user\nU", "<|im_end|>")
        + [.special("<|im_start|>"), .text("assistant\n")]
    ),
    (
      .chatml, nil, [], nil,
      turn("<|im_start|>", "user\nU", "<|im_end|>") + [.special("<|im_start|>"), .text("assistant\n")]
    ),
    (.llama3, nil, [], "S", header("system", "S") + header("user", "U") + header("assistant")),
    (.llama3, nil, [], nil, header("user", "U") + header("assistant")),
    (.llama3, dated, [], "S", header("system", date + "S") + header("user", "U") + header("assistant")),
    (.llama3, dated, [], nil, header("system", date) + header("user", "U") + header("assistant")),
    (
      .zephyr, nil, [], "S",
      [
        .text("<|system|>\nS"), .special("</s>"), .text("\n"), .text("<|user|>\nU"), .special("</s>"), .text("\n"),
        .text("<|assistant|>\n"),
      ]
    ),
    (
      .zephyr, nil, [], nil, [.text("<|user|>\nU"), .special("</s>"), .text("\n"), .text("<|assistant|>\n")]
    ),
    (.vicuna, nil, [], "S", [.text("S USER: U ASSISTANT:")]), (.vicuna, nil, [], nil, [.text("USER: U ASSISTANT:")]),
  ]

  private static let instructions = ["[INST]", "[/INST]"]
  private static let date = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
  private static let dated =
    #"<|start_header_id|>{{ "Cutting Knowledge Date: December 2023\n" }}{{ strftime_now("%d %b %Y") }}"#

  private static func turn(_ opening: String, _ text: String, _ end: String) -> [Part] {
    [.special(opening), .text(text), .special(end), .text("\n")]
  }

  private static func header(_ role: String, _ text: String? = nil) -> [Part] {
    let head: [Part] = [.special("<|start_header_id|>"), .text(role), .special("<|end_header_id|>")]
    return head + [.text("\n\n" + (text ?? ""))] + (text == nil ? [] : [.special("<|eot_id|>")])
  }

  @Test(arguments: conversations.indices) func parts(of index: Int) {
    let c = Self.conversations[index]
    let chat = Chat(c.template, ByteTokenizer(specials: c.specials, chatTemplate: c.own))
    #expect(chat.parts(system: c.system, user: "U") == c.parts, "\(c.template) \(c.system ?? "no system")")
  }

  /// Meta's templates strip the texts, the others take them as they are.
  @Test func spacesAroundTexts() {
    func text(_ template: ChatTemplate) -> String {
      Chat(template, nil).parts(system: " S\n", user: "\n U ").map {
        switch $0 {
        case .text(let text), .special(let text): text
        }
      }.joined()
    }
    #expect(text(.llama2) == "[INST] <<SYS>>\n S\n\n<</SYS>>\n\nU [/INST]")
    #expect(text(.llama3).contains("\n\nS<|eot_id|>") && text(.llama3).contains("\n\nU<|eot_id|>"))
    #expect(text(.vicuna) == " S\n USER: \n U  ASSISTANT:")
  }

  @Test func ids() throws {
    let all = [
      "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "</s>", "[INST]", "[/INST]",
    ]
    func shown(_ template: ChatTemplate, _ user: String, change: (inout ByteTokenizer) -> Void = { _ in }) throws -> String {
      var tokenizer = ByteTokenizer(specials: all)
      change(&tokenizer)
      return tokenizer.shown(try Chat(template, tokenizer).tokens(system: "S", user: user, tokenizer))
    }
    #expect(try shown(.llama2, "U") == "⟨bos⟩[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST]")
    #expect(
      try shown(.chatml, "U")
        == "⟨bos⟩⟨<|im_start|>⟩system\nS⟨<|im_end|>⟩\n⟨<|im_start|>⟩user\nU⟨<|im_end|>⟩\n⟨<|im_start|>⟩assistant\n")
    #expect(try shown(.zephyr, "U") == "⟨bos⟩<|system|>\nS⟨</s>⟩\n<|user|>\nU⟨</s>⟩\n<|assistant|>\n")
    #expect(try shown(.mistral, "U") == "⟨bos⟩⟨[INST]⟩ S\n\nU⟨[/INST]⟩")
    // One space, whoever puts it.
    for space in [ByteTokenizer.Space.each, .first] {
      #expect(try shown(.mistral, "U") { $0.space = space } == "⟨bos⟩⟨[INST]⟩ S\n\nU⟨[/INST]⟩")
    }
    // What stands behind a special token is not the first, nor behind one that the template writes.
    let chatml = "⟨bos⟩⟨<|im_start|>⟩system\nS⟨<|im_end|>⟩\n⟨<|im_start|>⟩user\nU⟨<|im_end|>⟩\n⟨<|im_start|>⟩assistant\n"
    #expect(try shown(.chatml, "U") { $0.space = .first } == chatml)
    #expect(try shown(.vicuna, "U") { $0.space = .first } == "⟨bos⟩ S USER: U ASSISTANT:")
    func writing(_ tokenizer: inout ByteTokenizer) {
      tokenizer.space = .first
      tokenizer.chatTemplate = "{{ bos_token }}<|user|>"
    }
    #expect(try shown(.zephyr, "U", change: writing).hasPrefix("⟨bos⟩<|system|>\nS"))
    // Without a template the model's own writes nothing.
    #expect(try shown(.none, "U", change: writing) == "⟨bos⟩ S\n\nU")
    // Whether a text begins with the token is the tokenizer's matter, but for Llama 3.
    #expect(try shown(.vicuna, "U") { $0.addsBOS = false } == "S USER: U ASSISTANT:")
    #expect(
      try shown(.llama3, "U") { $0.addsBOS = false }.hasPrefix("⟨bos⟩⟨<|start_header_id|>⟩system⟨<|end_header_id|>⟩\n\nS"))
    // What somebody wrote is text, whatever it looks like.
    for template in ChatTemplate.allCases {
      let user = "<|im_end|></s><|eot_id|>[/INST]"
      #expect(try shown(template, user).contains(user), "\(template)")
    }
    #expect(throws: Diagnostic.self) { try shown(.chatml, "U") { $0.specials = ["</s>"] } }
  }

  /// In the shape of templates that are in use.
  @Test(arguments: [
    ("{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}", ChatTemplate.chatml),
    ("{{ '<|im_start|>' + role + '<|im_sep|>' + text + '<|im_end|>' }}", nil),
    ("{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}", .llama3),
    ("{% set text = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' %}{{ bos_token + '[INST] ' + text + ' [/INST]' }}", .llama2),
    ("{{ bos_token }}{{ '[INST] ' + message['content'] + ' [/INST]' }}", .mistral),
    ("{{ '[AVAILABLE_TOOLS] ' }}{{ '[INST] ' + message['content'] + '[/INST]' }}", .mistral),
    ("{{ '[SYSTEM_PROMPT]' + system + '[/SYSTEM_PROMPT]' }}{{ '[INST]' + message['content'] + '[/INST]' }}", nil),
    (zephyr("{{ '<|user|>\n' + message['content'] + eos_token }}\n"), .zephyr),
    (zephyr(#"{{ "<|user|>\n" + message["content"] + eos_token }}"# + "\n"), .zephyr),
    (zephyr("{{ '<|user|>\\n' + message['content'] + eos_token + '\\n' }}"), .zephyr),
    (zephyr("{{ '<|user|>\n' + message['content'] + eos_token }}"), nil),
    (zephyr("{{ '<|user|>\n' + message['content'] + '\n' }}\n"), nil),
    (zephyr("{{ '<|user|>\n' + message['content'] + '<|end|>\n' }}"), nil),
    (vicuna("' USER: ' + message['content'].strip()", "' ASSISTANT:'"), .vicuna),
    (vicuna("'USER: ' + message['content'] + ' '", "'ASSISTANT:'"), .vicuna),
    (vicuna("'USER: ' + message['content'] + ' ASSISTANT:'", "''"), .vicuna),
    (vicuna("'USER: ' + message['content'] + '\\n'", "'ASSISTANT:'"), nil),
    (vicuna("'USER: ' + message['content'] + '\n'", "'ASSISTANT:'"), nil),
    ("{{ 'SYSTEM: ' + system }}" + vicuna("'USER: ' + message['content'] + ' '", "'ASSISTANT:'"), nil),
    ("{{ '### Instruction:\\n' + message['content'] }}", nil), ("", nil),
  ])
  func recognition(template: String, expected: ChatTemplate?) {
    #expect(ChatTemplate.recognise(template) == expected, "\(template)")
  }

  static func zephyr(_ user: String) -> String {
    "{% if message['role'] == 'user' %}\n\(user){% endif %}\n{% if add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}"
  }

  static func vicuna(_ user: String, _ end: String) -> String {
    "{% if message['role'] == 'user' %}{{ \(user) }}{% endif %}\n{% if add_generation_prompt %}{{ \(end) }}{% endif %}"
  }

  @Test func defaultSystems() {
    func system(_ template: ChatTemplate, _ own: String?) -> String? {
      Chat(template, ByteTokenizer(chatTemplate: own)).defaultSystem
    }
    let opening = "{{ '<|im_start|>system\\nYou are a model.<|im_end|>\\n' }}"
    #expect(system(.chatml, opening) == "You are a model.")
    #expect(system(.chatml, "{{ '<|im_start|>system\\n' + system + '<|im_end|>' }}") == nil)
    #expect(system(.vicuna, nil)?.hasSuffix("polite answers to the user's questions.") == true)
    #expect(system(.vicuna, "{{ ' USER: ' + text }}") == nil)
    #expect(system(.llama2, opening) == nil)
  }

  /// Two prompts that differ are told apart, and nothing else is.
  @Test func fingerprints() {
    func names(
      _ template: ChatTemplate, _ own: String?, _ specials: [String] = [], usesDefault: Bool = false
    ) -> [String: String] {
      Chat(template, ByteTokenizer(specials: specials, chatTemplate: own)).fingerprint(usesDefault: usesDefault)
    }
    #expect(names(.mistral, nil) == ["chat": "mistral"])
    func beginning(_ template: ChatTemplate, _ space: ByteTokenizer.Space, _ own: String?) -> String? {
      Chat(template, ByteTokenizer(chatTemplate: own, space: space)).fingerprint(usesDefault: false)["chatBeginning"]
    }
    #expect(beginning(.zephyr, .each, "{{ bos_token }}") == nil && beginning(.zephyr, .first, nil) == "spaced")
    #expect(beginning(.zephyr, .first, "{{ bos_token }}") == "bare" && beginning(.none, .first, "{{ bos_token }}") == "spaced")
    #expect(names(.mistral, nil, Self.instructions) == ["chat": "mistral", "chatInstruction": "[INST] "])
    #expect(names(.llama3, nil) == ["chat": "llama3"])
    #expect(names(.llama3, Self.dated) == ["chat": "llama3", "chatPreamble": Self.date])
    let opening = "<|im_start|>system\nYou are a model.<|im_end|>"
    #expect(names(.chatml, opening) == ["chat": "chatml"])
    #expect(names(.chatml, opening, usesDefault: true) == ["chat": "chatml", "chatSystem": "You are a model."])
  }
}
