import ArgumentParser
import ContextFiles
import PluginAPI

/// `calm contexts`: contexts that are there already.
struct ContextsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contexts", abstract: "Import, export, count and show contexts.",
    subcommands: [Import.self, ContextsExport.self, ContextsStats.self, ContextsShow.self])

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring the contexts of a file into the store, under a name.",
      discussion: "O-CALM JSON, JSON Lines or CLNER columns, gzipped or not. `augmentor: {stored: {source: NAME}}` uses them.")
    @Argument(help: "The file.") var path: String
    @Option(help: "The name.") var source: String
    @Option(help: "The split; default: the one that the file's name tells.") var split: String?
    @OptionGroup var place: StoreOptions
    @Flag(help: "Replace other contexts of that name and split.") var replace = false
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      common.apply()
      let contexts = try readContextFile(path)
      guard let split = split ?? Self.split(of: path) else {
        throw Diagnostic("C103", "the name of `\(path)` tells no split", hint: "say --split train, dev or test")
      }
      let store = try ContextStore(path: place.path)
      try store.add(contexts, source: source, split: split, replacing: replace)
      let missing = contexts.records.count { $0.isMissing }
      Console.shared.result(
        "\(contexts.records.count - missing) contexts of source \(source), split \(split), are in \(store.path)"
          + (missing > 0 ? "; \(missing) are not made yet" : ""))
    }

    /// `train.json.gz`, `contexts.dev.json`, `test_with_context.txt`: the split that is a word of the file's name.
    static func split(of path: String) -> String? {
      let words = (path.split(separator: "/").last ?? "").lowercased().split { !$0.isLetter }
      let found = ["train", "dev", "test"].filter { words.contains(Substring($0)) }
      return found.count == 1 ? found[0] : nil
    }
  }
}

/// Where the store is.
struct StoreOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The store; default: contexts.sqlite in CALM_CACHE.", valueName: "file"))
  var store: String?

  var path: String { store ?? ContextStore.defaultPath }
}
