import FoundationEssentials

/// The part of `tokenizer_config.json` that decides ids.
struct TokenizerConfiguration: Decodable {
  struct AddedToken: Decodable {
    let content: String
    let normalized: Bool?
    let singleWord: Bool?
    let special: Bool?

    enum CodingKeys: String, CodingKey {
      case content
      case normalized
      case singleWord = "single_word"
      case special
    }
  }

  var lowercases: Bool?
  var stripsAccents: Bool?
  var spacesIdeographs: Bool?
  /// By id, as a decimal string.
  var addedTokens: [String: AddedToken]?

  enum CodingKeys: String, CodingKey {
    case lowercases = "do_lower_case"
    case stripsAccents = "strip_accents"
    case spacesIdeographs = "tokenize_chinese_chars"
    case addedTokens = "added_tokens_decoder"
  }

  /// Nil where there is no such file.
  static func read(_ path: String) throws(TokenizerError) -> TokenizerConfiguration? {
    guard FileContents.exists(path) else { return nil }
    let bytes = try FileContents.read(path)
    do {
      return try JSONDecoder().decode(TokenizerConfiguration.self, from: Data(bytes))
    } catch {
      throw TokenizerError(
        file: path, problem: "not a tokenizer configuration (\(error))",
        remedy: "correct the entry, or remove the file to use the defaults")
    }
  }

  /// Tokens beside the standard ones, in the order of their ids.
  func specialTokens(file: String) throws(TokenizerError) -> [AddedSpecialToken] {
    var tokens: [AddedSpecialToken] = []
    for (key, token) in addedTokens ?? [:] {
      guard let id = Int32(key), id >= 0 else {
        throw TokenizerError(
          file: file, problem: "\"\(key)\" in added_tokens_decoder is not an id", remedy: "use the token's number as key")
      }
      guard token.normalized != true, token.singleWord != true else {
        throw TokenizerError(
          file: file, problem: "the added token \"\(token.content)\" is to be matched in normalised text or as a single word",
          remedy: "set its normalized and single_word to false, if the model was trained so")
      }
      tokens.append(AddedSpecialToken(text: token.content, id: id, isSpecial: token.special ?? false))
    }
    return tokens.sorted { $0.id < $1.id }
  }
}

/// A token that is found literally in a text before anything else happens to it.
struct AddedSpecialToken {
  let text: String
  let id: Int32
  /// Left out by `decode(_:skipSpecialTokens: true)`.
  let isSpecial: Bool
}
