import ContextFiles
import FoundationEssentials
import PluginAPI

/// A finished system opened for analysis: the runs of one configuration, what they said, and the contexts that they read.
struct AnalysedSystem: Sendable {
  let system: ComparedSystem
  let experiment: Experiment
  let results: [StoredResults]
  /// The whole splits with their contexts, whatever part training was limited to; nil where contexts cannot be had any more.
  let corpus: Corpus?
  /// Task and variation of the prompt that its contexts were made with, as in `entities-all`.
  let prompt: String?

  /// What the data set is called: by its folder, `wnut17`, or as published tables write it.
  var dataset: String

  var name: String { system.name }
  /// IOB2 tags by view, run and sentence of the split that predictions are of.
  var predictions: [String: [[[String]]]] { system.predictions }
  /// The examples that were predicted.
  var tested: [Example] { corpus.flatMap { $0.splits["test"] ?? $0.splits["dev"] } ?? [] }
  /// The training sentences that the system saw.
  var trained: [Example] { Array((corpus?.splits["train"] ?? []).prefix(experiment.data.limit ?? .max)) }
  var testSplit: String { experiment.data.test == nil ? "dev" : "test" }

  init(_ system: ComparedSystem) async throws {
    self.system = system
    let folder = system.runs[0]
    experiment = try Experiment(path: folder + "/config.yaml")
    let parts = experiment.data.train.split(separator: "/")
    dataset = parts.count > 1 ? String(parts[parts.count - 2]) : experiment.name
    results = try system.runs.compactMap { try StoredResults(run: $0) }
    var corpus: Corpus?
    do {
      let whole = try Experiment(path: folder + "/config.yaml", overrides: ["data.limit=null"])
      corpus = try await CorpusLoader(whole, progress: Progress(), asking: 0).load()
    } catch let fault {
      Console.shared.alarm("warning: the contexts of \(system.name) cannot be read, tables about them leave it out: \(fault)")
    }
    self.corpus = corpus
    if let examples = corpus.flatMap({ $0.splits["test"] ?? $0.splits["dev"] }), examples.map(\.words) != system.words {
      throw Diagnostic(
        "D209", "\(folder) was scored on other sentences than its data files hold now",
        hint: "restore the files that its config.yaml names, or run it again")
    }
    prompt = Self.prompt(of: experiment, label: system.name)
  }

  /// By the prompt's text: the experiment's, or the one that the file of stored contexts tells; else by the cell's label.
  private static func prompt(of experiment: Experiment, label: String) -> String? {
    var text = experiment.prompt
    if let use = experiment.augmentor, !use.plugin.manifest.answersNewText, let file = use.options["train"]?.text {
      text = (try? readContextFile(file))?.prompt
    }
    if let text, let name = Prompt.name(of: text) { return name }
    let names = Set(Prompt.presets.map { String($0.drop { $0 != "-" }.dropFirst()) })
    return names.filter { label.contains($0) }.max { $0.utf8.count < $1.utf8.count }
  }

  /// A score a run of the sentences' entities that `group` counts.
  func f1(_ view: String, of group: ScoreGroup) -> [Double] {
    (predictions[view] ?? []).map { group.score(tested, predictions: $0).f1 }
  }

  /// For each sentence, by how many errors fewer are made with context than without, the mean over the runs: an error is a
  /// missed entity or one that is none.
  var gains: [Double]? {
    guard let with = system.counts["with"], let without = system.counts["without"], let first = with.first else { return nil }
    func errors(_ counts: [EntityCounts], _ i: Int) -> Double {
      counts.reduce(0) { sum, run in
        let sentence = run.sentences[i]
        return sum + Double(sentence.predicted + sentence.gold - 2 * sentence.correct)
      } / Double(counts.count)
    }
    return first.sentences.indices.map { errors(without, $0) - errors(with, $0) }
  }
}

extension Prompt {
  /// `TASK-VARIATION` of a preset that has this text with any persona; nil for any other.
  static func name(of text: String) -> String? {
    let act = "You act as an expert "
    let persona = text.hasPrefix(act) ? String(text.dropFirst(act.count).prefix { $0 != "," }) : standardPersona
    for preset in presets {
      let parts = preset.split(separator: "-", maxSplits: 2).map(String.init)
      guard parts.count == 3 else { continue }
      if Prompt(wording: parts[0], task: parts[1], variations: [parts[2]], persona: persona)?.text == text {
        return "\(parts[1])-\(parts[2])"
      }
    }
    return nil
  }
}
