import PluginAPI

/// Tags a split in both views and scores it.
struct Evaluator {
  let tagger: Tagger
  let corpus: Corpus

  struct ViewResult: Sendable {
    let scores: Scores
    /// IOB2 tags a word.
    let predictions: [[String]]
  }

  struct SplitResult: Sendable {
    /// With contexts; nil where there are none.
    let with: ViewResult?
    let without: ViewResult

    var scores: RunResults.Split { .init(with: with?.scores, without: without.scores) }
  }

  func evaluate(_ split: String, progress: Progress? = nil) throws -> SplitResult {
    let examples = corpus.splits[split] ?? []
    return SplitResult(
      with: corpus.augmented ? try evaluate(examples, view: .augmented, label: "\(split) with context", progress) : nil,
      without: try evaluate(
        examples, view: .plain, label: corpus.augmented ? "\(split) without context" : split, progress))
  }

  private func evaluate(_ examples: [Example], view: View, label: String, _ progress: Progress?) throws -> ViewResult {
    let tags = try tagger.tag(examples.map { $0.sentence(view) }, view: view) { done in
      progress?.evaluating(label, done: done, of: examples.count)
    }
    let predictions = tags.map { TagScheme.toIOB2($0) }
    return ViewResult(
      scores: EntityScorer.score(gold: examples.map(\.tags), predicted: predictions, mode: .conlleval),
      predictions: predictions)
  }
}
