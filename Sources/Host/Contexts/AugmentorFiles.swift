import ContextFiles
import PluginAPI

/// `augmentor.stored:` — contexts that are there already, served by index before the plugin is asked.
struct StoredSection: PluginOptions {
  var train: String?
  var dev: String?
  var test: String?
  var source: String?

  static let fields = [
    OptionField.optional(
      "train", .path, help: "file with contexts of the training sentences, in any format that `calm contexts import` reads"),
    .optional("dev", .path, help: "file with contexts of the development sentences"),
    .optional("test", .path, help: "file with contexts of the test sentences"),
    .optional("source", .string, help: "name under which contexts were imported into the store; for splits without a file"),
  ]

  /// Nothing stored.
  static let none = StoredSection()

  func file(_ split: String) -> String? { ["train": train, "dev": dev, "test": test][split] ?? nil }

  /// The contexts of a split, one place a sentence; nil where the plugin has to be asked.
  func contexts(split: String, sentences: [[String]], store: () throws -> ContextStore) throws -> [Context?] {
    guard let stored = try read(split, store) else { return [Context?](repeating: nil, count: sentences.count) }
    do throws(ContextFileError) {
      let check = try PairingCheck.check(sentences.map(sentenceText), against: stored)
      for difference in check.differences.prefix(5) {
        logger.warning(
          "sentence \(difference.index) of split `\(split)` is `\(difference.text)`, but its stored context was made for `\(difference.stored)`"
        )
      }
      return try stored.aligned(to: sentences.count).map { record in
        record.isMissing ? nil : Context(text: record.context, finish: "stored", source: "\(stored.path):\(record.line)")
      }
    } catch {
      throw Diagnostic("D203", "stored contexts of split `\(split)`: \(error)")
    }
  }

  private func read(_ split: String, _ store: () throws -> ContextStore) throws -> StoredContexts? {
    if let path = file(split) { return try readContextFile(path) }
    guard let source else { return nil }
    let store = try store()
    if let found = try store.imports(source: source, split: split).first { return found.contexts }
    let known = Set(try store.imports().map(\.source)).sorted()
    guard known.contains(source) else {
      throw Diagnostic(
        "D203", "the store `\(store.path)` holds no imported contexts of source `\(source)`",
        hint: nearestName(to: source, among: known).map { "did you mean `\($0)`?" }
          ?? "`calm contexts import FILE --source \(source) --split \(split)` brings them in")
    }
    return nil
  }
}

/// A file of contexts, read for the host.
func readContextFile(_ path: String) throws -> StoredContexts {
  do { return try readContexts(path: path) } catch let error as ContextFileError { throw Diagnostic("D203", "\(error)") }
}
