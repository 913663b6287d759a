import Glibc
import PluginAPI

/// Measures of how relevant a context is to its sentence, beside similarity, which does not say what a context adds. The paper
/// (§5.2) finds no correlation of BERTScore with F1 and supposes that complementarity is what counts: these measure it.
struct ContextRelevance: Sendable {
  /// A context's values; nil where a measure does not apply: there is no entity, or no context.
  struct Values: Sendable {
    /// The share of the sentence's entities whose words stand in the context.
    var entityCoverage: Double?
    /// How many words that the sentence lacks stand in those sentences of the context that mention one of its entities: what is
    /// newly said of them. Function words do not count.
    var novelty: Double?
    /// The share of the context's words that are cues of the sentence's entity types.
    var typeCueOverlap: Double?
    /// Distinct words.
    var length: Double?
  }

  let cues: TypeCues

  /// - Parameter training: sentences and contexts of which the cues are learned; test sentences have no part in it.
  init(training: [Example]) { cues = TypeCues(training) }

  func values(_ example: Example) -> Values {
    let entities = Entity.entities(in: example.tags)
    guard !example.contextText.isEmpty else { return Values(entityCoverage: entities.isEmpty ? nil : 0) }
    let context = Self.words(example.contextText)
    var values = Values(length: Double(Set(context).count))
    guard !entities.isEmpty else { return values }
    let names = entities.map { Self.words(example.words[$0.words].joined(separator: " ")) }
    values.entityCoverage = Double(names.count { GoldEntities.contains(context, $0) }) / Double(names.count)
    let known = Set(Self.words(example.words.joined(separator: " ")))
    var added: Set<String> = []
    for part in context.split(whereSeparator: { [".", "!", "?"].contains($0) }).map(Array.init)
    where names.contains(where: { GoldEntities.contains(part, $0) }) {
      added.formUnion(part.filter { Self.isContent($0) && !known.contains($0) })
    }
    values.novelty = Double(added.count)
    let wanted = Set(entities.map(\.type)).reduce(into: Set<String>()) { $0.formUnion(cues.words[$1] ?? []) }
    let content = context.filter(Self.isContent)
    values.typeCueOverlap = content.isEmpty ? 0 : Double(content.count { wanted.contains($0) }) / Double(content.count)
    return values
  }

  /// Lower case, punctuation apart.
  static func words(_ text: String) -> [String] { GoldEntities.words(text) }

  /// A word that says something: not a number, a mark, or one of the commonest of English.
  static func isContent(_ word: String) -> Bool {
    word.count > 2 && word.contains(where: \.isLetter) && !functionWords.contains(word)
  }

  private static let functionWords = Set(
    """
    the and for are was were been being has have had having does did doing not but nor yet that this these those with without \
    from into onto upon about above below over under between among through during before after since until while when where \
    which who whom whose what why how all any both each few more most other some such than too very can could may might must \
    shall should will would his her hers him its our ours their theirs them they you your yours she out off again further then \
    once here there also only own same just because against however one two
    """.split(separator: " ").map(String.init))
}

/// Words that stand in the contexts of an entity type's sentences far more often than in others'.
struct TypeCues: Sendable {
  /// By type, at most ``most`` words.
  let words: [String: Set<String>]
  static let most = 50

  /// By the z-score of the log odds with the corpus as prior (Monroe, Colaresi and Quinn 2008, §3.3.1), counted once a context.
  init(_ examples: [Example]) {
    var all: [String: Double] = [:]
    var byType: [String: [String: Double]] = [:]
    for example in examples {
      let content = Set(ContextRelevance.words(example.contextText).filter(ContextRelevance.isContent))
      for word in content { all[word, default: 0] += 1 }
      for type in Set(Entity.entities(in: example.tags).map(\.type)) {
        for word in content { byType[type, default: [:]][word, default: 0] += 1 }
      }
    }
    let total = all.values.reduce(0, +)
    words = byType.mapValues { counts in
      let own = counts.values.reduce(0, +), rest = total - own
      let scored = counts.compactMap { word, count -> (word: String, z: Double)? in
        guard count >= 3, let everywhere = all[word] else { return nil }
        let prior = everywhere, priorTotal = total
        let other = everywhere - count
        let delta =
          logOdds(count + prior, own + priorTotal) - logOdds(other + prior, rest + priorTotal)
        let z = delta / (1 / (count + prior) + 1 / (other + prior)).squareRoot()
        return z > 1.96 ? (word, z) : nil
      }
      return Set(scored.sorted { ($1.z, $0.word) < ($0.z, $1.word) }.prefix(Self.most).map(\.word))
    }
  }
}

private func logOdds(_ count: Double, _ total: Double) -> Double { log(count / (total - count)) }
