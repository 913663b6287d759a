import FoundationEssentials
import PluginAPI

/// `contexts/SPLIT.jsonl` of a run folder: the contexts as the run read them, new lines as ".". The store or the files that they
/// came from may change; these stay with the run, and `precomputed` and `calm contexts import` read them.
enum UsedContexts {
  static let folder = "contexts"

  static func write(_ corpus: Corpus, in run: RunFolder) throws {
    guard corpus.augmented else { return }
    try run.makeFolder(folder)
    for (split, examples) in corpus.splits {
      let lines = try examples.map { example in
        try jsonLine(
          ContextLine(
            split: split, index: example.id, words: example.words, Context(text: example.contextText, finish: "stored")))
      }
      try run.write(lines.map { $0 + "\n" }.joined(), to: "\(folder)/\(split).jsonl")
    }
  }

  /// Whether the run keeps the contexts of every split of the experiment.
  static func exist(in run: String, of experiment: Experiment) -> Bool {
    experiment.data.files.allSatisfy { FileManager.default.fileExists(atPath: "\(run)/\(folder)/\($0.split).jsonl") }
  }

  /// In the sentences' order; nil where the run has none of the split.
  static func read(run: String, split: String) throws -> [String]? {
    let path = "\(run)/\(folder)/\(split).jsonl"
    return FileManager.default.fileExists(atPath: path) ? try readContextFile(path).records.map(\.context) : nil
  }

  /// Throws where what the run has of the split is not of these sentences.
  static func read(run: String, split: String, sentences: some Collection<Sentence>) throws -> [String] {
    let path = "\(run)/\(folder)/\(split).jsonl"
    let records = try readContextFile(path).records
    guard records.elementsEqual(sentences, by: { $0.text == sentenceText($1.words) }) else {
      throw Diagnostic(
        "D203", "\(path) does not hold the contexts of the sentences of `\(split)`",
        hint: "the data file has changed since the run began: restore it, or run into another folder with --out")
    }
    return records.map(\.context)
  }
}
