import ArgumentParser
import ContextFiles
import FoundationEssentials
import PluginAPI

/// `calm contexts export`: contexts of a split as a file that other programs read.
struct ContextsExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a split's contexts as O-CALM JSON, CLNER columns or JSON Lines.",
    discussion: "Of an experiment: what its store and its stored files hold; nothing is asked. Or of an imported --source.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case ocalm, columns, jsonl }
  enum Words: String, ExpressibleByArgument, CaseIterable { case whitespace, punctuation }

  @OptionGroup var experiment: ExperimentOptions
  @Option(help: "Contexts that were imported under this name, in place of the experiment's.") var source: String?
  @Option(help: "The split.") var split = "train"
  @OptionGroup var place: StoreOptions
  @Option(help: "ocalm, columns or jsonl.") var format = Format.ocalm
  @Option(help: "columns: a labelled file, for the tags of a --source; without it all tags are O.") var gold: String?
  @Option(help: "columns: how contexts are cut into words; O-CALM's files have punctuation apart.")
  var contextWords = Words.punctuation
  @Option(name: [.customShort("o"), .long], help: "The file; default: standard output.") var output: String?
  @OptionGroup var common: CommonOptions

  /// A split's contexts with its tags, where these are known.
  private struct Exported {
    var prompt: String?
    var sentences: [(text: String, words: [String], tags: [String])]
    var contexts: [String?]
  }

  mutating func run() throws {
    common.apply()
    let exported = try source.map(imported) ?? generated()
    let missing = exported.contexts.count { $0 == nil }
    if missing > 0 {
      Console.shared.talk(
        "note: \(missing) of \(exported.contexts.count) contexts are not made yet"
          + (format == .columns ? "; columns cannot tell them from empty ones" : "; they are null"))
    }
    let text =
      switch format {
      case .ocalm: prettyJSON(Document(prompt: exported.prompt ?? "", data: records(exported))) + "\n"
      case .jsonl: try records(exported).map { try jsonLine($0) + "\n" }.joined()
      case .columns: columns(exported)
      }
    if let output { try FileBytes.write(text, to: output) } else { Console.shared.output(text) }
  }

  private func imported(_ source: String) throws -> Exported {
    let store = try ContextStore(path: place.path, readOnly: true)
    guard let found = try store.imports(source: source, split: split).first?.contexts else {
      let known = try store.imports().map { "\($0.source) \($0.split)" }
      throw Diagnostic(
        "D203", "\(store.path) holds no contexts of source `\(source)`, split `\(split)`",
        notes: ["it holds: " + (known.isEmpty ? "none" : known.joined(separator: ", "))])
    }
    let labelled = try gold.map { try ColumnFile.read(path: $0).sentences }
    if let labelled {
      do { _ = try PairingCheck.check(labelled.map(\.text), against: found) } catch { throw Diagnostic("D203", "\(error)") }
    }
    let records = try labelled.map { try found.aligned(to: $0.count) } ?? found.records
    return Exported(
      prompt: found.prompt,
      sentences: records.enumerated().map { i, record in
        let words = labelled?[i].words ?? record.text.split(separator: " ").map(String.init)
        return (record.text, words, labelled?[i].tags ?? words.map { _ in "O" })
      }, contexts: records.map { $0.isMissing ? nil : $0.context })
  }

  private func generated() throws -> Exported {
    let loaded = try experiment.load()
    guard let augmentation = try Augmentation(loaded, services: loaded.services) else {
      throw Diagnostic("C103", "\(experiment.config) names no augmentor", hint: "name imported contexts with --source")
    }
    guard let file = loaded.data.files.first(where: { $0.split == split }) else {
      throw Diagnostic("D207", "the experiment has no split `\(split)`")
    }
    let sentences = try loaded.data.read(file.path)
    let plan = try augmentation.plan(
      split: split, sentences: sentences.map(\.words), store: augmentation.openStore(readOnly: true))
    return Exported(
      prompt: augmentation.generator.prompt, sentences: sentences.map { ($0.text, $0.words, $0.tags) },
      contexts: plan.contexts.map { $0?.text })
  }

  private struct Document: Encodable {
    var prompt: String
    var data: [Record]
  }

  private struct Record: Encodable {
    var text: String
    var generated_context: String?

    /// A context that is not made yet is null, which is more than a key that is not there.
    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(text, forKey: .text)
      try container.encode(generated_context, forKey: .generated_context)
    }

    private enum CodingKeys: String, CodingKey { case text, generated_context }
  }

  private func records(_ exported: Exported) -> [Record] {
    zip(exported.sentences, exported.contexts).map { Record(text: $0.text, generated_context: $1) }
  }

  /// No `<EOS>` where the context is empty, as CL-KL's files have it.
  private func columns(_ exported: Exported) -> String {
    var out = ""
    for (sentence, context) in zip(exported.sentences, exported.contexts) {
      for (word, tag) in zip(sentence.words, sentence.tags) { out += "\(word) \(tag)\n" }
      let words = Host.contextWords(context ?? "", punctuationApart: contextWords == .punctuation)
      if !words.isEmpty { out += "<EOS> B-X\n" + words.map { "\($0) B-X\n" }.joined() }
      out += "\n"
    }
    return out
  }
}
