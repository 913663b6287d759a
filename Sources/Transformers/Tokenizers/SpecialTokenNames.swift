/// How a model's files name the special tokens; the names of RoBERTa where they do not.
struct SpecialTokenNames {
  private(set) var cls = "<s>"
  private(set) var sep = "</s>"
  private(set) var pad = "<pad>"
  private(set) var unk = "<unk>"
  private(set) var mask = "<mask>"

  init() {}

  /// Reads `tokenizer_config.json`, and `special_tokens_map.json` for what that leaves open.
  init(folder: String) throws(TokenizerError) {
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
      let file = folder + name
      guard FileContents.exists(file) else { continue }
      let json = try JSONParser.read(file)
      func set(_ name: inout String, _ key: String) {
        // A token is a string or an object with settings.
        if let token = json[key], let text = token.string ?? token["content"]?.string { name = text }
      }
      set(&cls, "cls_token")
      set(&sep, "sep_token")
      set(&pad, "pad_token")
      set(&unk, "unk_token")
      set(&mask, "mask_token")
    }
  }
}
