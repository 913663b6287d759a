import PluginAPI

/// What an epoch of training reads: the sentences, and in mixed training each of them once more without its context.
struct TrainingExamples {
  /// Whether plain sentences are examples of their own.
  let mixed: Bool
  private let sentences: [Example]

  /// A step's part of them.
  struct Batch {
    /// Sentences that are read in all views of the loss, and those read in the plain view only.
    var examples: [Example], alone: [Example]
    var count: Int { examples.count + alone.count }
  }

  init(_ experiment: Experiment, _ corpus: Corpus, _ loss: any Loss) throws {
    mixed = experiment.training.views == "mixed" && corpus.augmented && loss.views.count > 1
    sentences = corpus.splits["train"] ?? []
    if mixed && loss.joint {
      throw Diagnostic(
        "P321",
        "loss `\(experiment.loss.id)` reads both views of a sentence together: it cannot train on them as mixed examples",
        hint: "say `training.views: paired`, or choose another loss")
    }
  }

  /// The words of each example; place n + i is sentence i without its context.
  var lengths: [Int] {
    sentences.map { $0.words.count + $0.context.count } + (mixed ? sentences.map(\.words.count) : [])
  }

  /// The examples at these places.
  func batch(_ places: [Int]) -> Batch {
    Batch(
      examples: places.filter { $0 < sentences.count }.map { sentences[$0] },
      alone: places.filter { $0 >= sentences.count }.map { sentences[$0 - sentences.count] })
  }
}
