import PluginAPI

/// The entities of a labelled file, to be looked for in its sentences' contexts.
struct GoldEntities {
  private let path: String
  private let sentences: [Sentence]

  init(path: String, comment: String? = nil) throws {
    self.path = path
    sentences = try ColumnFile.read(path: path, columns: .init(comment: comment)).sentences
  }

  /// How many entities stand in their sentence's context, word for word in any case; punctuation marks are words of their own.
  /// Ordered contexts are paired by index, others by the sentence's text; sentences without a context are left out.
  func mentions(in sets: [ContextSet]) throws -> ContextStatistics.Mentions {
    var entities = 0, mentioned = 0
    for set in sets {
      for (sentence, text) in try paired(set) {
        let context = Self.words(text)
        for entity in Entity.entities(in: sentence.tags) {
          entities += 1
          let name = Self.words(sentence.words[entity.words].joined(separator: " "))
          if Self.contains(context, name) { mentioned += 1 }
        }
      }
    }
    return .init(entities: entities, mentioned: mentioned, share: entities > 0 ? Double(mentioned) / Double(entities) : 0)
  }

  private func paired(_ set: ContextSet) throws -> [(Sentence, String)] {
    guard set.isOrdered else {
      var texts: [String: String] = [:]
      for item in set.items { texts[item.sentence] = item.context?.text }
      return sentences.compactMap { sentence in texts[sentence.text].map { (sentence, $0) } }
    }
    // Files may have a context for each `-DOCSTART-` line too.
    var items = set.items
    if items.count != sentences.count { items.removeAll { $0.sentence == "-DOCSTART-" } }
    guard items.count == sentences.count else {
      throw Diagnostic(
        "D203", "\(set.name) holds \(set.items.count) contexts, but \(path) has \(sentences.count) sentences",
        hint: "--gold takes the labelled file that the contexts were made for")
    }
    return zip(sentences, items).compactMap { sentence, item in item.context.map { (sentence, $0.text) } }
  }

  /// Lower case, punctuation marks as words of their own.
  static func words(_ text: String) -> [String] {
    contextWords(text.lowercased(), punctuationApart: true)
  }

  /// Whether `name` stands in `words`, word for word.
  static func contains(_ words: [String], _ name: [String]) -> Bool {
    guard let first = name.first, words.count >= name.count else { return false }
    return (0...(words.count - name.count)).contains { words[$0] == first && words[$0...].starts(with: name) }
  }
}
