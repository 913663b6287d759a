import ContextFiles
import FoundationEssentials
import PluginAPI

/// A finished system opened for analysis: the runs of one configuration, what they said, and the contexts that they read.
struct AnalysedSystem: Sendable {
  let system: FinishedSystem
  let experiment: Experiment
  /// The splits with their contexts: whole, whatever part training was limited to, where that needs no asking; nil where contexts
  /// cannot be had any more.
  let corpus: Corpus?
  /// Task and variation of the prompt that its contexts were made with, as in `entities-all`.
  let prompt: String?

  /// What the data set is called: by its folder, `wnut17`, or as published tables write it.
  var dataset: String

  /// What tables call it: by its prompt, or by what else tells it apart from the others of its data set.
  var label: String

  var name: String { system.name }
  /// What published tables call it.
  var publishedName: String { prompt ?? Self.value(name) ?? name }
  /// The examples that were predicted.
  var tested: [Example] { corpus.flatMap { $0.splits["test"] ?? $0.splits["dev"] } ?? [] }
  /// The training sentences that the system saw.
  var trained: [Example] { Array((corpus?.splits["train"] ?? []).prefix(experiment.data.limit ?? .max)) }
  /// Micro F1 over the runs.
  func f1(_ reading: Reading) -> SampleSummary? { system.counts[reading].map { SampleSummary($0.map(\.f1)) } }

  init(_ system: FinishedSystem) async throws {
    self.system = system
    let folder = system.first.folder
    experiment = try Experiment(path: folder + "/config.yaml")
    let parts = experiment.data.train.split(separator: "/")
    dataset = parts.count > 1 ? String(parts[parts.count - 2]) : experiment.name
    do { corpus = try await Self.corpus(experiment, run: folder) } catch let fault {
      corpus = nil
      Console.shared.alarm(
        "warning: the contexts of \(system.name) cannot be read, tables about them leave it out: "
          + DiagnosticPrinter.line(of: fault))
    }
    if let examples = corpus.flatMap({ $0.splits["test"] ?? $0.splits["dev"] }),
      examples.map(\.words) != system.first.words || examples.map(\.tags) != system.first.gold
    {
      throw Diagnostic(
        "D209", "\(folder) was scored on other sentences or gold tags than its data files hold now",
        hint: "restore the files that its config.yaml names, or run it again")
    }
    prompt = Self.prompt(of: experiment, label: system.name)
    label = system.name
  }

  /// What stands behind a label of one swept value, as in `seed=1`.
  private static func value(_ name: String) -> String? {
    let parts = name.split(separator: "=")
    return parts.count == 2 && !name.contains(",") ? String(parts[1]) : nil
  }

  /// Labels that tell apart systems of the same data set: prompts where they do, else swept values, else whole names.
  static func labels(_ systems: [(dataset: String, prompt: String?, name: String)]) -> [String] {
    let choices = [systems.map(\.prompt), systems.map { value($0.name) }]
    var labels = systems.map(\.name)
    for (_, places) in Dictionary(grouping: systems.indices, by: { systems[$0].dataset }) {
      for i in places {
        let distinct = choices.compactMap { names in
          names[i].flatMap { name in places.contains { $0 != i && names[$0] == name } ? nil : name }
        }
        labels[i] = distinct.first ?? systems[i].name
      }
      // A prompt of one may be the swept value of another.
      let twice = places.filter { i in places.contains { $0 != i && labels[$0] == labels[i] } }
      for i in twice { labels[i] = systems[i].name }
    }
    return labels
  }

  /// With the contexts that the run keeps, which are those that it read; where they are not of the whole files, as the
  /// experiment's contexts stand now, if all of those are there.
  private static func corpus(_ experiment: Experiment, run: String) async throws -> Corpus {
    let kept = CorpusLoader(experiment, progress: Progress(), keptBy: run)
    if experiment.data.limit == nil, let corpus = try? await kept.load() { return corpus }
    do {
      let whole = try Experiment(path: run + "/config.yaml", overrides: ["data.limit=null"])
      let corpus = try await CorpusLoader(whole, progress: Progress(), asking: 0).load()
      if corpus.unasked == 0 { return corpus }
    } catch {
      if let corpus = try? await kept.load() { return corpus }
      throw error
    }
    return try await kept.load()
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
  func f1(_ reading: Reading, of group: ScoreGroup) -> [Double] {
    system.predictions(reading).map { group.score(tested, predictions: $0).f1 }
  }

  /// For each sentence, by how many errors fewer are made with context than without, the mean over the runs: an error is a
  /// missed entity or one that is none.
  var gains: [Double]? {
    guard let with = system.counts[.with], let without = system.counts[.without], let first = with.first else { return nil }
    func errors(_ counts: [EntityCounts], _ i: Int) -> Double {
      counts.reduce(0) { sum, run in
        let sentence = run.sentences[i]
        return sum + Double(sentence.predicted + sentence.gold - 2 * sentence.correct)
      } / Double(counts.count)
    }
    return first.sentences.indices.map { errors(without, $0) - errors(with, $0) }
  }
}

extension [AnalysedSystem] {
  /// What their predictions are of.
  var split: String {
    let splits = Set(map(\.system.first.split))
    return splits.count == 1 ? splits.joined() + " split" : "test split, or of dev where there is no test"
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
