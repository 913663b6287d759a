/// The files of a Hugging Face folder that say what a language model's ids are for.
struct LanguageFolder {
  let path: String
  let configuration: TokenizerConfiguration
  /// The ids of `generation_config.json` and `config.json`, with where they stand.
  private var stops: [(id: Int, key: String, file: String)] = []
  private var begin: (id: Int, key: String, file: String)?
  private var template: String?

  init(_ path: String) throws(TokenizerError) {
    self.path = path
    configuration = try TokenizerConfiguration(folder: path)
    for name in ["generation_config.json", "config.json"] {
      let file = path + "/" + name
      guard FileContents.exists(file) else { continue }
      let json = try JSONParser.read(file)
      let value = json["eos_token_id"]
      for element in value?.elements ?? value.map({ [$0] }) ?? [] {
        stops.append((try Self.number(element, "eos_token_id", file), "eos_token_id", file))
      }
      if begin == nil, let id = json["bos_token_id"] {
        begin = (try Self.number(id, "bos_token_id", file), "bos_token_id", file)
      }
    }
    let jinja = path + "/chat_template.jinja"
    template =
      FileContents.exists(jinja) ? String(decoding: try FileContents.read(jinja), as: UTF8.self) : configuration.chatTemplate
  }

  private static func number(_ json: JSON, _ key: String, _ file: String) throws(TokenizerError) -> Int {
    guard let number = json.number.flatMap(Int.init(exactly:)) else {
      throw TokenizerError(file: file, problem: "\(key) is neither an id nor a list of ids", remedy: "use the model's own file")
    }
    return number
  }

  /// What the files say together.
  /// - Parameters:
  ///   - bos: the token that begins a sequence as far as the vocabulary's file knows it, and `eos` the one that ends it.
  ///   - addsBOS: whether a prompt begins with it where `tokenizer_config.json` does not say so.
  ///   - id: the id of a token by its text.
  func settings(
    bos: Int32?, eos: Int32?, addsBOS: Bool, vocabularySize: Int, id: (String) -> Int32?
  ) throws(TokenizerError) -> LanguageSettings {
    var settings = LanguageSettings()
    settings.chatTemplate = template
    settings.bos = bos ?? configuration.names[.begin].flatMap(id)
    if settings.bos == nil, let begin {
      settings.bos = try LanguageSettings.check(begin.id, begin.key, file: begin.file, vocabularySize: vocabularySize)
    }
    settings.addsBOS = settings.bos != nil && configuration.addsBOS ?? addsBOS
    for stop in [eos, configuration.names[.end].flatMap(id)].compactMap({ $0 }) { settings.stopTokens.insert(stop) }
    for stop in stops {
      settings.stopTokens.insert(
        try LanguageSettings.check(stop.id, stop.key, file: stop.file, vocabularySize: vocabularySize))
    }
    return settings
  }
}
