import PluginAPI

/// How similar contexts are to their sentences, by BERTScore.
struct ContextSimilarity {
  private let score: BERTScore

  /// - Parameter layer: behind which layer states are compared; nil: the last.
  init(encoder: any TokenEncoder, layer: Int?) throws { score = try BERTScore(encoder: encoder, layer: layer) }

  /// The F1 of each context that was made.
  func scores(of set: ContextSet) throws -> [Double] {
    let made = set.items.compactMap { item in item.context.map { (context: encoderText($0.text), sentence: item.sentence) } }
    do {
      return try score(candidates: made.map(\.context), references: made.map(\.sentence)).map(\.f1)
    } catch let error as PluginError { throw Diagnostic("P320", "\(error)") }
  }
}
