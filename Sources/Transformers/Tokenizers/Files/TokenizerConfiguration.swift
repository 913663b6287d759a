/// The part of `tokenizer_config.json` that decides ids. Without the file, nothing is set.
struct TokenizerConfiguration {
  /// The file; nil where there is none.
  private(set) var file: String?
  private(set) var lowercases: Bool?
  private(set) var stripsAccents: Bool?
  private(set) var spacesIdeographs: Bool?
  private(set) var addsPrefixSpace: Bool?
  private(set) var padding: String?
  private(set) var mask: String?
  /// Tokens to find literally, in the order of their ids.
  private(set) var addedTokens: [AddedSpecialToken] = []

  /// Reads the file of a folder, where it is there.
  init(folder: String) throws(TokenizerError) {
    let file = folder + "/tokenizer_config.json"
    guard FileContents.exists(file) else { return }
    self.file = file
    let json: JSON
    do { json = try JSONParser.read(file) } catch { throw Self.refusal(file, error.problem) }
    func flag(_ key: String) throws(TokenizerError) -> Bool? {
      guard let value = json[key] else { return nil }
      guard let flag = value.bool else { throw Self.refusal(file, "\(key) is neither true nor false") }
      return flag
    }
    /// A token is a string or an object with settings.
    func token(_ key: String) -> String? { json[key].flatMap { $0.string ?? $0["content"]?.string } }
    lowercases = try flag("do_lower_case")
    stripsAccents = try flag("strip_accents")
    spacesIdeographs = try flag("tokenize_chinese_chars")
    addsPrefixSpace = try flag("add_prefix_space")
    padding = token("pad_token")
    mask = token("mask_token")
    var added: [AddedSpecialToken] = []
    try json["added_tokens_decoder"]?.forEachMember { (key, value) throws(TokenizerError) in
      let key = String(decoding: key, as: UTF8.self)
      guard let id = Int32(key), id >= 0 else {
        throw TokenizerError(
          file: file, problem: "\"\(key)\" in added_tokens_decoder is not an id", remedy: "use the token's number as key")
      }
      added.append(try AddedSpecialToken(value, id: id, file: file))
    }
    addedTokens = added.sorted { $0.id < $1.id }
  }

  private static func refusal(_ file: String, _ reason: String) -> TokenizerError {
    TokenizerError(
      file: file, problem: "not a tokenizer configuration (\(reason))",
      remedy: "correct the entry, or remove the file to use the defaults")
  }
}
