import ArgumentParser
import ContextFiles
import FoundationEssentials
import PluginAPI

/// `calm tag RUN [FILE|-]`: finds entities in new text.
struct TagCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Find entities in new text.",
    discussion: "FILE holds one sentence a line, words at spaces; with --input conll one word a line, sentences at blank lines."
  )

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, conll, json, html }
  enum Input: String, ExpressibleByArgument, CaseIterable { case text, conll }

  @Argument(help: "The run folder.")
  var run: String

  @Argument(help: "The file; - is standard input.")
  var file = "-"

  @Flag(help: "Tag the sentences alone.")
  var withoutContext = false

  @Option(help: "Stored contexts of these sentences, in any format that is read for training.")
  var contexts: String?

  @Option(help: "How FILE is written: text or conll.")
  var input = Input.text

  @Option(help: "text, conll, json or html.")
  var format = Format.text

  @OptionGroup var overridden: OverrideOptions
  @OptionGroup var common: CommonOptions

  mutating func run() async throws {
    common.apply()
    let trained = try TrainedRun(path: run, overrides: overridden.set)
    let lines = try read(comment: trained.experiment.data.comment)
    // An empty line of text stays one, so that line i of the output is of line i of the input.
    let places = lines.indices.filter { !lines[$0].isEmpty }, sentences = places.map { lines[$0] }
    let (view, found) = try await findContexts(lines, at: places, trained)
    let batch = sentences.indices.map { i in
      ViewSentence(id: i, words: sentences[i], context: found[i])
    }
    let tags = try trained.tagger.tag(batch, view: view).map { TagScheme.toIOB2($0) }
    var tagged = lines.map { _ in TaggedSentence(words: [], tags: []) }
    for (i, place) in places.enumerated() { tagged[place] = TaggedSentence(words: sentences[i], tags: tags[i]) }
    Console.shared.result(render(tagged))
  }

  private func read(comment: String?) throws -> [[String]] {
    if input == .conll { return try ColumnFile.readWords(readInput(file), path: file, comment: comment) }
    return try readLines(file).map { line in
      line.unicodeScalars.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { String($0) }
    }
  }

  /// The contexts of the lines at `places`, which are the sentences.
  private func findContexts(
    _ lines: [[String]], at places: [Int], _ trained: TrainedRun
  ) async throws -> (View, [[String]]) {
    let sentences = places.map { lines[$0] }
    let none = [[String]](repeating: [], count: sentences.count)
    let section = trained.experiment.contexts
    if withoutContext { return (.plain, none) }
    if let contexts {
      let stored: StoredContexts
      do { stored = try readContexts(path: contexts) } catch { throw Diagnostic("D203", "\(error)") }
      let found = stored.records.count == lines.count ? places.map { stored.records[$0] } : stored.records
      guard found.count == sentences.count else {
        throw Diagnostic("D203", "\(contexts) holds \(stored.records.count) contexts for \(sentences.count) sentences")
      }
      return (.augmented, found.map { contextWords($0.context, section) })
    }
    guard let use = trained.experiment.augmentor else { return (.plain, none) }
    guard use.plugin.manifest.answersNewText else {
      Console.shared.talk(
        "note: `\(use.id)` has no contexts for new text: tagging without. Give some with --contexts FILE.")
      return (.plain, none)
    }
    let augmentation = try Augmentation(trained.experiment, services: trained.experiment.services)
    guard let result = try await augmentation?.contexts(split: "text", sentences: sentences) else { return (.plain, none) }
    if let failure = result.failure(split: "text", augmentor: use.id) {
      Console.shared.alarm(DiagnosticPrinter.line(failure) + "; these are tagged without")
    }
    return (.augmented, result.contexts.map { contextWords($0.text, section) })
  }

  private func render(_ sentences: [TaggedSentence]) -> String {
    switch format {
    case .text: sentences.map { $0.inline(colour: Console.shared.outputColour) }.joined(separator: "\n")
    case .conll: sentences.filter { !$0.words.isEmpty }.map(\.columns).joined(separator: "\n")
    case .json: sentences.compactMap { try? jsonLine($0) }.joined(separator: "\n")
    case .html: htmlPage(sentences.filter { !$0.words.isEmpty })
    }
  }
}
