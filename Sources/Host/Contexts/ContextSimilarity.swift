import PluginAPI

/// How similar contexts are to their sentences, by BERTScore. What was compared once is not compared again.
struct ContextSimilarity: Sendable {
  /// A context and its sentence. Equal are those of the same bytes: tokenizers tell spellings of a letter apart.
  struct Pair: Hashable, Sendable {
    var context: String, sentence: String

    static func == (a: Pair, b: Pair) -> Bool {
      a.context.utf8.elementsEqual(b.context.utf8) && a.sentence.utf8.elementsEqual(b.sentence.utf8)
    }

    func hash(into hasher: inout Hasher) {
      for text in [context, sentence] { hasher.combine(Array(text.utf8)) }
    }
  }

  /// What it is computed with, for a table's note.
  let model: String
  private let score: BERTScore
  private var known: [Pair: Double] = [:]

  /// - Parameter model: an encoder's folder.
  /// - Parameter layer: behind which layer states are compared; nil: the last.
  init(model: String, plugin: String?, layer: Int?) throws {
    try prepareMachine(threads: nil)
    self.model = String(model.split(separator: "/").last ?? "an encoder") + (layer.map { ", layer \($0)" } ?? "")
    score = try BERTScore(encoder: EncoderOptions.open(model: model, plugin: plugin), layer: layer)
  }

  /// The F1 of each pair.
  mutating func scores(_ pairs: [Pair]) throws -> [Double] {
    var seen: Set<Pair> = []
    let new = pairs.filter { known[$0] == nil && seen.insert($0).inserted }
    do {
      let values = new.isEmpty ? [] : try score(candidates: new.map(\.context), references: new.map(\.sentence))
      for (pair, value) in zip(new, values) { known[pair] = value.f1 }
    } catch let error as PluginError { throw Diagnostic("P320", error.message, hint: error.hint.isEmpty ? nil : error.hint) }
    return pairs.map { known[$0] ?? .nan }
  }

  /// The F1 of each context that was made.
  mutating func scores(of set: ContextSet) throws -> [Double] {
    try scores(
      set.items.compactMap { item in item.context.map { Pair(context: encoderText($0.text), sentence: item.sentence) } })
  }

  /// The F1 of each sentence's context.
  mutating func scores(of examples: [Example]) throws -> [Double] {
    try scores(examples.map { Pair(context: $0.contextText, sentence: $0.words.joined(separator: " ")) })
  }
}
