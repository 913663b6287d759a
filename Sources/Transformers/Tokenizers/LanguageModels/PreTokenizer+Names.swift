extension PreTokenizer {
  /// What GGUF files call a pre-tokenizer (`tokenizer.ggml.pre`), as llama.cpp understands the names.
  struct Named {
    let splitter: PreTokenizer
    /// A word that is a piece is that piece, whatever the merges would make of it.
    var ignoresMerges = false
    /// Where the file does not say it.
    var addsBOS = false
  }

  static let named: [String: Named] = {
    var named: [String: Named] = [:]
    for name in ["gpt-2", "phi-2", "mpt", "olmo", "jais"] { named[name] = Named(splitter: .gpt2) }
    for name in ["smollm", "starcoder", "refact", "command-r", "codeshell", "minerva-7b"] {
      named[name] = Named(splitter: .digitsApart)
    }
    for name in ["llama3", "llama-v3", "llama-bpe", "falcon3"] {
      named[name] = Named(splitter: .llama3(digits: 3), ignoresMerges: true, addsBOS: true)
    }
    for name in ["dbrx", "smaug-bpe"] { named[name] = Named(splitter: .llama3(digits: 3)) }
    for name in ["qwen2", "deepseek-r1-qwen", "stablelm2"] { named[name] = Named(splitter: .llama3(digits: 1)) }
    return named
  }()

  /// The expressions that `tokenizer.json` files split by.
  private static let expressions: [String: PreTokenizer] = {
    func expression(_ digits: String) -> String {
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + digits
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
    return [
      expression("{1,3}"): .llama3(digits: 3, longS: true), expression(""): .llama3(digits: 1, longS: true),
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
    ]
  }()

  /// The pre-tokenizer of a `tokenizer.json`, which ends in a step that writes bytes as visible characters.
  init(_ file: TokenizerFile) throws(TokenizerError) {
    let steps = file.steps("pre_tokenizer")
    guard let last = steps.last, last.type == "ByteLevel", steps.count <= 2 else {
      throw file.refusal("the pre-tokenizer \(steps.map(\.type).joined(separator: ", ")) in front of a byte-level BPE model")
    }
    guard last.settings["add_prefix_space"]?.bool ?? true == false else { throw file.refusal("add_prefix_space: true") }
    guard steps.count == 2 else {
      try file.require(last.settings, "use_regex", true)
      self = .gpt2
      return
    }
    let (type, settings) = steps[0]
    switch type {
    case "Digits":
      guard settings["individual_digits"]?.bool == true else { throw file.refusal("individual_digits: false") }
      try file.require(last.settings, "use_regex", true)
      self = .digitsApart
    case "Split":
      try file.require(settings, "behavior", "Isolated")
      try file.require(settings, "invert", false)
      guard last.settings["use_regex"]?.bool ?? true == false else { throw file.refusal("use_regex: true behind a Split") }
      guard let expression = settings["pattern"]?["Regex"]?.string, let splitter = Self.expressions[expression] else {
        throw file.refusal("this pattern of the pre-tokenizer Split")
      }
      self = splitter
    default: throw file.refusal("the pre-tokenizer \(type) in front of a byte-level BPE model")
    }
  }
}
