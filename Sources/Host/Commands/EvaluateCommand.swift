import ArgumentParser
import PluginAPI

/// `calm evaluate RUN`: the scores of a run's best model.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Score a run's best model, with and without context.")

  @Argument(help: "The run folder.")
  var run: String

  @Option(help: "Which split: dev or test; default: test where there is one.")
  var split: String?

  @Option(help: "Break the scores down by type, length, seen or context-class.")
  var by: Breakdown?

  @OptionGroup var overridden: OverrideOptions

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  mutating func run() async throws {
    common.apply()
    let trained = try TrainedRun(path: run, overrides: overridden.set)
    let progress = Progress()
    let corpus = try await corpus(trained.experiment, progress)
    let name = split ?? (corpus.splits["test"] != nil ? "test" : "dev")
    guard let examples = corpus.splits[name] else {
      throw Diagnostic(
        "D207", "the run has no split `\(name)`; it has \(corpus.splits.keys.sorted().joined(separator: ", "))")
    }
    let result = try Evaluator(tagger: trained.tagger, corpus: corpus).evaluate(name, progress: progress)
    if let by {
      let groups = by.groups(
        examples, predicted: result.without.predictions + (result.with?.predictions ?? []), corpus: corpus,
        failBelow: trained.experiment.contexts.failBelow)
      return print(groups, examples, result)
    }
    let results = RunResults(
      splits: [name: .init(with: result.with?.scores, without: result.without.scores)], seed: trained.experiment.seed,
      bestEpoch: trained.model.epoch, epochs: [], truncation: .init(trained.tagger.encoder.truncation))
    Console.shared.result(format == .json ? results.json : results.table)
  }

  /// With the contexts that the run keeps, unless `--set` changes what is read.
  private func corpus(_ experiment: Experiment, _ progress: Progress) async throws -> Corpus {
    let changed = overridden.set.map { $0.prefix { $0 != "." && $0 != "=" } }
    if Set(changed).isDisjoint(with: ["data", "augmentor", "contexts"]),
      let kept = try? await CorpusLoader(experiment, progress: progress, keptBy: run).load()
    {
      return kept
    }
    return try await CorpusLoader(experiment, progress: progress).load()
  }

  private func print(_ groups: [ScoreGroup], _ examples: [Example], _ result: Evaluator.SplitResult) {
    let rows = groups.map { group -> ScoredGroup in
      func score(_ view: Evaluator.ViewResult?) -> Score? {
        view.map { group.score(examples, predictions: $0.predictions) }
      }
      return ScoredGroup(
        group: group.name, sentences: group.sentences, with: score(result.with), without: score(result.without))
    }
    if format == .json { return Console.shared.result(prettyJSON(rows)) }
    let table = TextTable(
      header: ["group", "sentences", "entities", "F1 with", "F1 without"],
      rows: rows.map {
        [
          $0.group, String($0.sentences), String($0.without?.support ?? 0), $0.with.map { percent($0.f1) } ?? "-",
          $0.without.map { percent($0.f1) } ?? "-",
        ]
      })
    Console.shared.result(table.description)
  }

  private struct ScoredGroup: Encodable {
    var group: String
    var sentences: Int
    var with: Score?
    var without: Score?
  }
}
