import PluginAPI

/// Reads the labelled files, checks them and pairs each sentence with its context.
struct CorpusLoader {
  private let experiment: Experiment
  private let progress: Progress
  private let most: Int?
  private let run: String?

  /// - Parameters:
  ///   - most: how many contexts of a split may be asked for; nil asks for all that are missing.
  ///   - run: a run of this experiment, whose folder the contexts are taken from; nothing is asked then.
  init(_ experiment: Experiment, progress: Progress, asking most: Int? = nil, keptBy run: String? = nil) {
    self.experiment = experiment
    self.progress = progress
    self.most = most
    self.run = run
  }

  /// All splits. Throws with every fault of all files at once.
  func load() async throws -> Corpus {
    var datasets: [(split: String, data: Dataset)] = []
    var faults: [Diagnostic] = [], warnings: [Diagnostic] = []
    for (split, path) in experiment.data.files {
      do {
        datasets.append((split, try read(path, into: &warnings)))
      } catch let fault as Diagnostic {
        faults.append(fault)
      } catch let several as Diagnostics {
        faults += several.items
      }
    }
    guard faults.isEmpty, let training = datasets.first?.data else { throw Diagnostics(faults) }
    let tags = TagSet(training: training)
    guard tags.count > 1 else {
      throw Diagnostic("D204", "\(training.path) holds no entity: there is nothing to train on")
    }
    guard tags.count <= TagSet.most else {
      throw Diagnostic(
        "D202", "\(training.path) has \(tags.count) different tags; at most \(TagSet.most) can be learned",
        hint: "does `tag` under `data:` name the column of the tags?")
    }
    for (_, data) in datasets.dropFirst() { warnings += tags.unseenTypes(in: data) }

    let augmentation = run == nil ? try Augmentation(experiment, services: experiment.services) : nil
    var unasked = 0
    var splits: [String: [Example]] = [:]
    for (split, data) in datasets {
      // Sentences beyond the limit are not read: no context of them is paid for.
      let limit = experiment.data.limit(of: split), sentences = data.sentences.prefix(limit ?? .max)
      var texts: [String]?
      if let run, experiment.augmentor != nil {
        texts = try UsedContexts.read(run: run, split: split, sentences: sentences)
      } else if let augmentation {
        let augmented = try await augmentation.contexts(
          split: split, sentences: data.sentences.map(\.words), limit: limit, asking: most, progress: progress)
        unasked += augmented.left
        if let failure = augmented.failure(split: split, augmentor: augmentation.id) { warnings.append(failure) }
        texts = augmented.contexts.map(\.text)
      }
      splits[split] = sentences.indices.map { i in example(i, sentences[i], texts?[i] ?? "", tags) }
    }
    return Corpus(tags: tags, splits: splits, augmented: experiment.augmentor != nil, unasked: unasked, warnings: warnings)
  }

  /// A file with its tags in IOB2; what was repaired becomes warnings.
  private func read(_ path: String, into warnings: inout [Diagnostic]) throws -> Dataset {
    let section = experiment.data
    let data = try ColumnFile.read(path: path, columns: section.columns)
    if let long = data.sentences.first(where: { $0.words.count > 1000 }) {
      warnings.append(
        Diagnostic(
          "D201", "a sentence of \(long.words.count) words begins here; it is held in memory as a whole",
          mark: SourceMark(file: path, line: long.line, column: 1), hint: "blank lines part sentences: is one missing?"))
    }
    let scheme = try TagScheme(rawValue: section.scheme) ?? data.detectScheme().scheme
    if section.repair {
      let repaired = data.faults(of: scheme)
      if let first = repaired.first {
        var warning = first
        warning.message = "\(repaired.count) malformed tag sequences repaired, the first: \(first.message)"
        warnings.append(warning)
      }
    }
    return try data.converted(to: .iob2, from: scheme, repair: section.repair)
  }

  private func example(_ id: Int, _ sentence: Sentence, _ text: String, _ tags: TagSet) -> Example {
    Example(
      id: id, words: sentence.words, tags: sentence.tags,
      gold: tags.indices(of: TagScheme.toBIOES(sentence.tags)), contextText: encoderText(text),
      context: contextWords(text, experiment.contexts))
  }
}
