import PluginAPI

/// A hit as a piece of a context.
struct Candidate: Sendable {
  let hit: SearchHit
  /// Title and text, cut.
  let text: String
  /// BERTScore F1 against the sentence, where candidates are ranked by it.
  var similarity: Double?
}

/// Makes candidates of hits, and leaves out what must not be one.
struct CandidateFilter: Sendable {
  /// Hosts that are left out with their subdomains.
  let exclude: [String]
  /// The greatest share of the sentence's runs of three words that a candidate may have.
  let maxOverlap: Double
  /// Words of a candidate at most.
  let words: Int

  /// The candidates for a sentence in the order of the hits.
  ///
  /// A page that holds the very sentence, such as one that publishes the data set, would show the sentence twice and, with
  /// annotations, the answer.
  func candidates(_ hits: [SearchHit], sentence: String) -> [Candidate] {
    let runs = WordRuns(sentence)
    var seen: Set<String> = []
    return hits.compactMap { hit in
      guard !isExcluded(hit.url) else { return nil }
      let text = Self.text(hit).split(whereSeparator: \.isWhitespace).prefix(words).joined(separator: " ")
      guard !text.isEmpty, seen.insert(text).inserted, !runs.isCopy(text, maxOverlap) else { return nil }
      return Candidate(hit: hit, text: text)
    }
  }

  /// The title before the text, unless the text begins with it.
  private static func text(_ hit: SearchHit) -> String {
    if hit.title.isEmpty || hit.text.lowercased().hasPrefix(hit.title.lowercased()) { return hit.text }
    return hit.text.isEmpty ? hit.title : "\(hit.title). \(hit.text)"
  }

  private func isExcluded(_ url: String) -> Bool {
    guard !exclude.isEmpty, let start = url.firstRange(of: "://")?.upperBound else { return false }
    let authority = url[start...].prefix { !"/?#".contains($0) }
    let host = (authority.split(separator: "@").last ?? "").prefix { $0 != ":" }.lowercased()
    return exclude.contains { host == $0.lowercased() || host.hasSuffix("." + $0.lowercased()) }
  }
}

/// The runs of three words of a sentence, to find copies of it. Words are runs of letters and digits, in lower case, so that it
/// does not matter how a text was cut into tokens.
private struct WordRuns {
  private let words: [String]
  private let runs: Set<[String]>

  init(_ sentence: String) {
    words = Self.words(sentence)
    runs = Self.runs(words)
  }

  func isCopy(_ text: String, _ maxOverlap: Double) -> Bool {
    let other = Self.words(text)
    // Few words stand together in texts that are no copies.
    guard words.count >= 6 else { return other == words }
    return Double(runs.intersection(Self.runs(other)).count) > maxOverlap * Double(runs.count)
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private static func runs(_ words: [String]) -> Set<[String]> {
    words.count < 3 ? [] : Set((0...words.count - 3).map { Array(words[$0..<$0 + 3]) })
  }
}
