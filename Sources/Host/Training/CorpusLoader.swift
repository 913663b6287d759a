import PluginAPI

/// Reads the labelled files, checks them and pairs each sentence with its context.
struct CorpusLoader {
  private let experiment: Experiment
  private let progress: Progress

  init(_ experiment: Experiment, progress: Progress) {
    self.experiment = experiment
    self.progress = progress
  }

  /// All splits. Throws with every fault of all files at once.
  func load() async throws -> Corpus {
    var datasets: [(split: String, data: Dataset)] = []
    var faults: [Diagnostic] = [], warnings: [Diagnostic] = []
    for (split, path) in files() {
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
    for (_, data) in datasets.dropFirst() { warnings += tags.unseenTypes(in: data) }

    let services = Services.standard(seed: experiment.seed)
    let augmentation = try experiment.augmentor.map {
      try Augmentation($0, seed: experiment.augmentorSeed, services: services)
    }
    var splits: [String: [Example]] = [:]
    for (split, data) in datasets {
      let sentences = data.sentences
      let contexts = try await augmentation?.contexts(split: split, sentences: sentences.map(\.words)) { done in
        progress.live("contexts of \(split)  \(done)/\(sentences.count)")
      }
      splits[split] = sentences.indices.map { i in example(i, sentences[i], contexts?[i].text ?? "", tags) }
    }
    if let limit = experiment.data.limit { splits["train"] = splits["train"].map { Array($0.prefix(limit)) } }
    return Corpus(tags: tags, splits: splits, augmented: augmentation != nil, warnings: warnings)
  }

  private func files() -> [(split: String, path: String)] {
    let data = experiment.data
    return [("train", data.train), ("dev", data.dev)] + (data.test.map { [("test", $0)] } ?? [])
  }

  /// A file with its tags in IOB2; what was repaired becomes warnings.
  private func read(_ path: String, into warnings: inout [Diagnostic]) throws -> Dataset {
    let section = experiment.data
    let data = try ColumnFile.read(path: path, columns: .init(token: section.token, tag: section.tag))
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
