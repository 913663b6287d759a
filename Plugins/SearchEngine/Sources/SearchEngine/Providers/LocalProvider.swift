import PluginAPI
import SearchIndex

/// An index on this machine.
struct LocalProvider: SingleQueryProvider {
  let name = "local"
  let fingerprint: [String: String]
  /// One query takes milliseconds and the index is asked by one thread at a time.
  let concurrency = 1
  private let index: SearchIndex
  private let terms: Int

  init(_ options: ProviderOptions) throws {
    terms = options.terms ?? 32
    do {
      index = try SearchIndex(path: options.required(options.index, "index"), mode: .read)
      let info = try index.info()
      let version = try SearchIndex.engineVersion().split(separator: ".").prefix(2).joined(separator: ".")
      fingerprint = ["index": info.digest, "language": info.language, "terms": "\(terms)", "xapian": version]
    } catch let error as SearchIndexError {
      throw Diagnostic("S609", error.message, hint: error.hint.isEmpty ? nil : error.hint)
    }
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    try index.search(query, limit: limit, terms: terms).enumerated().map { i, match in
      hit(rank: i + 1, id: match.document.id, title: match.document.title, text: match.document.text, score: match.score)
    }
  }
}
