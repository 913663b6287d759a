import PluginAPI

/// What the plugin can be told.
struct SearchOptions: PluginOptions {
  enum RankBy: String, Decodable { case bertscore, engine }

  var providers: [ProviderOptions]
  var retrieve: Int
  var keep: Int
  var maxWords: Int
  var candidateWords: Int
  var rankBy: RankBy
  var rank: RankOptions?
  var exclude: [String]
  var maxOverlap: Double
  var batch: Int

  static let fields = [
    OptionField.required(
      "providers", .list(.mapping(ProviderOptions.fields)),
      help: "engines in the order in which they are asked, each a mapping or a bare name: the first that finds something wins"),
    .optional("retrieve", .integer, default: "50", in: 1...1000, help: "candidates that an engine is asked for"),
    .optional("keep", .integer, default: "6", in: 1...1000, help: "candidates that a context is made of at most"),
    .optional("maxWords", .integer, default: "210", in: 1...10000, help: "words of a context; the last candidate is cut"),
    .optional("candidateWords", .integer, default: "200", in: 1...10000, help: "words that a candidate is cut to"),
    .optional(
      "rankBy", .choice(["bertscore", "engine"]), default: "bertscore",
      help: "the order of candidates: BERTScore F1 against the sentence, or the engine's own"),
    .optional(
      "rank", .plugin(.encoder, with: RankOptions.own),
      help: "the encoder of BERTScore, e.g. {plugin: biobert, options: {model: minilm}}; default: MiniLM where it was fetched"),
    .optional("exclude", .list(.string), default: "", help: "hosts whose pages are left out, with their subdomains"),
    .optional(
      "maxOverlap", .number, default: "0.6", in: 0...1,
      help: "a candidate that has more than this share of the sentence's runs of three words is a copy of it and left out"),
    .optional("batch", .integer, default: "32", in: 1...1000, help: "sentences that are searched and ranked together"),
    // Read by the host alone, which allows the hosts of addresses that options name.
    .optional(
      "servers", .list(.url),
      default: [GoogleProvider.address, BraveProvider.address, MediaWikiProvider.address].joined(separator: ","),
      help: "addresses that may be asked beside each `url`; default: of google, brave and mediawiki"),
  ]
}

/// The encoder that ranks.
struct RankOptions: Decodable, Sendable {
  var plugin: String
  var options: ConfigNode?
  var layer: Int?
  var idf: Bool

  /// The keys beside the plugin and its options.
  static let own = [
    OptionField.optional("layer", .integer, in: 0...1000, help: "compare the states behind this layer; default: the last"),
    .optional(
      "idf", .boolean, default: "false", help: "weigh tokens by how few of the sentence and its candidates have them"),
  ]
}

/// One engine of the chain.
struct ProviderOptions: Decodable, Sendable {
  enum Kind: String, Decodable, CaseIterable { case local, google, searxng, brave, opensearch, mediawiki }
  enum Match: String, Decodable { case any, all }
  enum Text: String, Decodable { case snippet, extract }

  var provider: Kind
  var index: String?
  var url: String?
  var key: String?
  var user: String?
  var engine: String?
  var language: String?
  var categories: String?
  var engines: String?
  var fields: [String]?
  var match: Match?
  var text: Text?
  var terms: Int?
  var pages: Int?
  var concurrency: Int?

  static let fields = [
    OptionField.required("provider", .choice(Kind.allCases.map(\.rawValue)), help: "the kind of engine"),
    .optional("index", .path, help: "local: the folder that `calm search index` made"),
    .optional("url", .url, help: "the server's address; opensearch: with the index, e.g. http://localhost:9200/pages"),
    .optional("key", .string, help: "google, brave, opensearch: the environment variable or file that holds the key"),
    .optional("user", .string, help: "opensearch: the user whose password `key` holds; without one it is an API key"),
    .optional("engine", .string, help: "google: the id of the programmable search engine (cx)"),
    .optional("language", .string, help: "google, searxng, brave: the language to search in"),
    .optional("categories", .string, help: "searxng: categories, separated by commas"),
    .optional("engines", .string, help: "searxng: engines, separated by commas"),
    .optional("fields", .list(.string), help: "opensearch: the title's and the text's field; default: title, text"),
    .optional(
      "match", .choice(["any", "all"]), help: "mediawiki: whether a page has to have any or all of the words; default: any"),
    .optional(
      "text", .choice(["snippet", "extract"]), help: "mediawiki: the snippet around the words, or the page's beginning"),
    .optional(
      "terms", .integer, in: 1...1000, help: "local: words of the sentence that are looked up, the rarest; default: 32"),
    .optional("pages", .integer, in: 1...10, help: "google, searxng, brave: pages of results, each one request; default: 1"),
    .optional("concurrency", .integer, in: 1...64, help: "requests at a time; default: 1 for mediawiki, 4 for others"),
  ]

  /// The keys that each kind reads.
  private static let keys: [Kind: Set<String>] = [
    .local: ["index", "terms"], .google: ["url", "key", "engine", "language", "pages", "concurrency"],
    .searxng: ["url", "language", "categories", "engines", "pages", "concurrency"],
    .brave: ["url", "key", "language", "pages", "concurrency"],
    .opensearch: ["url", "key", "user", "fields", "concurrency"],
    .mediawiki: ["url", "match", "text", "concurrency"],
  ]

  /// Throws for a key that the kind does not read.
  func verify() throws {
    let given: [(String, Bool)] = [
      ("index", index != nil), ("url", url != nil), ("key", key != nil), ("user", user != nil), ("engine", engine != nil),
      ("language", language != nil), ("categories", categories != nil), ("engines", engines != nil),
      ("fields", fields != nil), ("match", match != nil), ("text", text != nil), ("terms", terms != nil),
      ("pages", pages != nil), ("concurrency", concurrency != nil),
    ]
    let known = Self.keys[provider] ?? []
    for (name, isGiven) in given where isGiven && !known.contains(name) {
      throw PluginError(
        "provider `\(provider.rawValue)` reads no `\(name)`", hint: "it reads \(known.sorted().joined(separator: ", "))")
    }
  }

  /// A key that the kind needs.
  func required(_ value: String?, _ name: String) throws -> String {
    guard let value, !value.isEmpty else { throw PluginError("provider `\(provider.rawValue)` needs `\(name)`") }
    return value
  }
}
