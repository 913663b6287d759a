import FoundationEssentials
import PluginAPI

/// Makes a context of ranked candidates, and the record of where it is from.
struct ContextAssembly: Sendable {
  /// Candidates at most.
  let keep: Int
  /// Words at most.
  let maxWords: Int

  /// A candidate that was kept, as the record shows it.
  private struct Kept: Encodable {
    var rank: Int, id: String, title: String, url: String?, date: String?, score: Double?, bertscore: Double?
  }

  /// The best candidates one after the other, the last cut where it does not fit.
  func context(_ ranked: [Candidate], _ answer: ProviderChain.Answer) throws -> Context {
    var words: [Substring] = [], kept: [SearchHit] = [], records: [Kept] = []
    for candidate in ranked.prefix(keep) where words.count < maxWords {
      words += candidate.text.split(separator: " ").prefix(maxWords - words.count)
      let hit = candidate.hit
      kept.append(hit)
      records.append(
        Kept(
          rank: hit.rank, id: hit.id, title: hit.title, url: hit.url.isEmpty ? nil : hit.url,
          date: hit.date.isEmpty ? nil : hit.date, score: hit.score, bertscore: candidate.similarity))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var details = ["provider": answer.provider, "found": "\(answer.hits.count)"]
    details["hits"] = String(decoding: try encoder.encode(records), as: UTF8.self)
    if !answer.failures.isEmpty { details["failed"] = answer.failures.joined(separator: "; ") }
    let places = kept.map { $0.url.isEmpty ? $0.id : $0.url }.joined(separator: " ")
    return Context(
      text: words.joined(separator: " "), source: places.isEmpty ? answer.provider : "\(answer.provider): \(places)",
      details: details)
  }
}
