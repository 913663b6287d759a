internal import FoundationEssentials
import PluginAPI
import Tokenizers

extension ModelFile {
  /// The tokenizer that belongs to the weights, with no more tokens than the embedding has rows; nil for a file that says that
  /// it has none, as weights for measurements do.
  ///
  /// Folders often add a token or two, as for padding, that the model was never trained with: these are left out.
  func tokenizer(warn: (String) -> Void) throws -> (any LanguageTokenizer)? {
    guard let tokenizer = try wholeTokenizer() else { return nil }
    // Without a table the weights are refused, by its name.
    guard let rows = shape("model.embed_tokens.weight")?.first, tokenizer.vocabularySize > rows else { return tokenizer }
    let added = addedTokens(tokenizer), surplus = rows..<tokenizer.vocabularySize
    guard surplus.allSatisfy({ added[$0] != nil }) else {
      throw Diagnostic(
        "M404", "\(path): the tokenizer has \(tokenizer.vocabularySize) tokens, the embedding \(rows)",
        hint: "the tokenizer's files are of another model")
    }
    let texts = surplus.compactMap { added[$0] }
    warn(
      "\(path): the embedding has \(rows) rows and none for \(texts.count == 1 ? "the added token" : "the added tokens") "
        + texts.prefix(4).map { "`\($0)`" }.joined(separator: ", ") + (texts.count > 4 ? " and others" : "")
        + ": never read nor written")
    return BoundedTokenizer(tokenizer, rows: Int32(rows), leftOut: texts)
  }

  private func wholeTokenizer() throws -> (any LanguageTokenizer)? {
    do {
      switch self {
      case .gguf(let file):
        if let kind = file.metadata["tokenizer.ggml.model"]?.string, kind == "none" || kind == "no_vocab" { return nil }
        return try loadLanguageTokenizer(gguf: file)
      case .folder(let checkpoint): return try loadLanguageTokenizer(folder: checkpoint.folder)
      }
    } catch { throw Diagnostic("M404", "\(error)") }
  }

  /// A token as the files of a folder list it, with or without its id.
  private struct Token: Decodable {
    var id: Int?
    var content: String

    private enum Key: CodingKey { case id, content }

    init(from decoder: any Swift.Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        content = text
        return
      }
      let values = try decoder.container(keyedBy: Key.self)
      id = try? values.decode(Int.self, forKey: .id)
      content = try values.decode(String.self, forKey: .content)
    }
  }

  private struct TokenLists: Decodable {
    var tokens: [Token] = []

    private enum Key: CodingKey { case added_tokens, added_tokens_decoder, additional_special_tokens, extra_special_tokens }

    /// The tokenizer has been made of these files: what it could do without is no fault here either.
    init(from decoder: any Swift.Decoder) throws {
      let lists = try decoder.container(keyedBy: Key.self)
      for key in [Key.added_tokens, .additional_special_tokens, .extra_special_tokens] {
        tokens += (try? lists.decode([Token].self, forKey: key)) ?? []
      }
      for (id, var token) in (try? lists.decode([String: Token].self, forKey: .added_tokens_decoder)) ?? [:] {
        token.id = Int(id)
        tokens.append(token)
      }
    }
  }

  /// The texts of the tokens that the folder adds to the ordinary vocabulary, by their ids.
  private func addedTokens(_ tokenizer: any LanguageTokenizer) -> [Int: String] {
    guard case .folder(let checkpoint) = self else { return [:] }
    func read<File: Decodable>(_ type: File.Type, _ name: String) -> File? {
      FileManager.default.contents(atPath: checkpoint.folder + "/" + name).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }
    var added: [Int: String] = [:]
    for name in ["tokenizer.json", "special_tokens_map.json", "tokenizer_config.json"] {
      for token in read(TokenLists.self, name)?.tokens ?? [] {
        if let id = token.id ?? tokenizer.id(ofSpecial: token.content).map(Int.init) { added[id] = token.content }
      }
    }
    for (text, id) in read([String: Int].self, "added_tokens.json") ?? [:] { added[id] = text }
    return added
  }
}
