/// What must be taken out of a sentence so that an engine reads nothing in it as an operator.
struct QuerySyntax: Sendable {
  /// Characters that mean something at the beginning of a word.
  var leading: Set<Character>
  /// Characters that mean something anywhere: they become spaces.
  var anywhere: Set<Character>
  /// The longest query that is not refused or cut by the engine; characters are code points, as servers count them.
  var words = Int.max, characters = Int.max

  private static let quotes: Set<Character> = ["\"", "“", "”", "„", "«", "»"]

  /// Phrases, exclusion, `site:` and its like, `*`, `|`, `( )`, number ranges; 32 words.
  static let google = QuerySyntax(
    leading: ["-", "+", "~", "@", "#"], anywhere: quotes.union([":", "*", "|", "(", ")", "…"]), words: 32)
  /// Phrases, exclusion, `site:` and its like; 50 words and 400 characters.
  static let brave = QuerySyntax(
    leading: ["-", "+", "!"], anywhere: quotes.union([":", "*", "(", ")"]), words: 50, characters: 400)
  /// `!engine`, `!!bang`, `:language`, `<timeout`, and what the engines behind it read.
  static let searxng = QuerySyntax(
    leading: ["-", "+", "~", "!", ":", "<", ">", "?"], anywhere: quotes.union([":", "*", "|", "(", ")"]), words: 32)
  /// CirrusSearch: phrases, negation, wildcards, fuzziness, `intitle:` and its like, regular expressions; 300 characters.
  static let cirrus = QuerySyntax(
    leading: ["-", "+", "!"],
    anywhere: quotes.union([":", "*", "?", "~", "\\", "/", "|", "&", "(", ")", "[", "]", "{", "}", "<", ">", "^", "!", "="]),
    characters: 300)

  /// The words of a sentence as the engine may read them. Web addresses are left out: no other page has them.
  func plainWords(_ sentence: String) -> [String] {
    sentence.split(whereSeparator: \.isWhitespace)
      .filter { !$0.hasPrefix("http://") && !$0.hasPrefix("https://") }
      .flatMap { word in
        String(word.map { anywhere.contains($0) ? " " : $0 }).replacing("..", with: " ").split(separator: " ")
      }
      .compactMap { word in
        let bare = word.drop { leading.contains($0) }
        guard bare.contains(where: { $0.isLetter || $0.isNumber }) else { return nil }
        return ["OR", "AND", "NOT"].contains(bare) ? bare.lowercased() : String(bare)
      }
  }

  /// The query for a sentence; empty where nothing of it can be searched. Words that do not fit are left out.
  func query(_ sentence: String, joinedBy separator: String = " ") -> String {
    var query = ""
    for word in plainWords(sentence).prefix(words) {
      let longer = query.isEmpty ? word : query + separator + word
      if longer.unicodeScalars.count > characters { continue }
      query = longer
    }
    return query
  }
}
