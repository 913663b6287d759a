/// What `tokenizer_config.json` and its older companions `special_tokens_map.json` and `added_tokens.json` say about ids. Where
/// a file is missing, nothing is set. How long a sequence may be (`model_max_length`) is not read: the model's positions decide.
struct TokenizerConfiguration {
  /// What special tokens are for, by the entries' names.
  enum Role: String, CaseIterable {
    case cls = "cls_token"
    case sep = "sep_token"
    case pad = "pad_token"
    case unk = "unk_token"
    case mask = "mask_token"
    case begin = "bos_token"
    case end = "eos_token"
  }

  /// `tokenizer_config.json`; nil where there is none.
  private(set) var file: String?
  /// The class that the files were made for (`tokenizer_class`).
  private(set) var tokenizerClass: String?
  private(set) var lowercases: Bool?
  private(set) var stripsAccents: Bool?
  private(set) var spacesIdeographs: Bool?
  private(set) var addsPrefixSpace: Bool?
  /// Whether a prompt begins with the token that begins a sequence.
  private(set) var addsBOS: Bool?
  /// A language model's template of a conversation.
  private(set) var chatTemplate: String?
  private(set) var names: [Role: String] = [:]
  /// Tokens to find literally; of equal ones the last counts.
  private(set) var addedTokens: [AddedSpecialToken] = []

  /// Reads the files of a folder that are there.
  init(folder: String) throws(TokenizerError) {
    var listsTokens = false
    if let (file, json) = try Self.read(folder, "tokenizer_config.json") {
      self.file = file
      tokenizerClass = json["tokenizer_class"]?.string
      lowercases = try Self.flag(json, "do_lower_case", file)
      stripsAccents = try Self.flag(json, "strip_accents", file)
      spacesIdeographs = try Self.flag(json, "tokenize_chinese_chars", file)
      addsPrefixSpace = try Self.flag(json, "add_prefix_space", file)
      addsBOS = try Self.flag(json, "add_bos_token", file)
      chatTemplate = Self.template(json["chat_template"])
      try addNamed(json, file)
      listsTokens = json["added_tokens_decoder"] != nil
      try addListed(json["added_tokens_decoder"], file)
    }
    // As in the reference, the complete list makes the older file of names superfluous.
    if !listsTokens, let (file, json) = try Self.read(folder, "special_tokens_map.json") { try addNamed(json, file) }
    if let (file, json) = try Self.read(folder, "added_tokens.json") { try addNumbered(json, file) }
  }

  /// Special tokens by their roles, each a text or an object with settings, and lists of further ones.
  private mutating func addNamed(_ json: JSON, _ file: String) throws(TokenizerError) {
    func token(_ value: JSON) throws(TokenizerError) -> AddedSpecialToken {
      if let text = value.string, !text.isEmpty {
        return AddedSpecialToken(text: text, id: AddedSpecialToken.unnumbered, isSpecial: true)
      }
      return try AddedSpecialToken(value, id: AddedSpecialToken.unnumbered, isSpecial: true, file: file)
    }
    for role in Role.allCases {
      guard let value = json[role.rawValue] else { continue }
      let token = try token(value)
      names[role] = token.text
      addedTokens.append(token)
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      try json[key]?.forEachElement { (value) throws(TokenizerError) in
        var token = try token(value)
        token.isNew = true
        addedTokens.append(token)
      }
    }
  }

  /// An object of ids and tokens.
  private mutating func addListed(_ json: JSON?, _ file: String) throws(TokenizerError) {
    var listed: [AddedSpecialToken] = []
    try json?.forEachMember { (key, value) throws(TokenizerError) in
      let key = String(decoding: key, as: UTF8.self)
      guard let id = Int32(key), id >= 0 else {
        throw TokenizerError(
          file: file, problem: "\"\(key)\" in added_tokens_decoder is not an id", remedy: "use the token's number as key")
      }
      listed.append(try AddedSpecialToken(value, id: id, file: file))
    }
    addedTokens += listed.sorted { $0.id < $1.id }
  }

  /// An object of texts and ids. They are special if a role is theirs.
  private mutating func addNumbered(_ json: JSON, _ file: String) throws(TokenizerError) {
    var numbered: [AddedSpecialToken] = []
    try json.forEachMember { (text, id) throws(TokenizerError) in
      let text = String(decoding: text, as: UTF8.self)
      guard let id = id.id, !text.isEmpty else { throw Self.refusal(file, "\"\(text)\" has no id") }
      let isSpecial = addedTokens.contains { $0.isSpecial && $0.text.utf8.elementsEqual(text.utf8) }
      numbered.append(AddedSpecialToken(text: text, id: id, isSpecial: isSpecial, isNormalized: !isSpecial))
    }
    addedTokens += numbered.sorted { $0.id < $1.id }
  }

  private static func read(_ folder: String, _ name: String) throws(TokenizerError) -> (file: String, json: JSON)? {
    let file = folder + "/" + name
    guard FileContents.exists(file) else { return nil }
    let json: JSON
    do { json = try JSONParser.read(file) } catch { throw refusal(file, error.problem) }
    guard json.isObject else { throw refusal(file, "not an object") }
    return (file, json)
  }

  private static func flag(_ json: JSON, _ key: String, _ file: String) throws(TokenizerError) -> Bool? {
    guard let value = json[key] else { return nil }
    guard let flag = value.bool else { throw refusal(file, "\(key) is neither true nor false") }
    return flag
  }

  /// A text, or a list of named texts, of which the default is wanted.
  private static func template(_ json: JSON?) -> String? {
    json?.string ?? json?.elements?.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  private static func refusal(_ file: String, _ reason: String) -> TokenizerError {
    TokenizerError(
      file: file, problem: "not a tokenizer configuration (\(reason))",
      remedy: "correct the entry, or remove the file to use the defaults")
  }
}
