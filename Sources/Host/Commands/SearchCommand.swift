import ArgumentParser
import PluginAPI
import SearchIndex

/// `calm search`: an index of documents, and what a search plugin finds.
struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Search as a plugin does, or build the index that it searches.",
    subcommands: [SearchQuery.self, SearchIndexCommand.self], defaultSubcommand: SearchQuery.self)
}

/// `calm search query`, which is `calm search`: what a plugin's engines find.
struct SearchQuery: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Show what a search plugin finds, as its engine ranks it.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, jsonl }

  @OptionGroup var searcher: SearcherOptions
  @Option(help: "Hits at most.")
  var limit = 10
  @Argument(help: "The query: plain words, in which nothing is an operator.")
  var query: String
  @Option(help: "text, or jsonl: an object a hit with rank, id, title, text, score and, where there are, url, date, provider.")
  var format = Format.text

  func validate() throws { try requirePositive("limit", limit) }

  private struct Line: Encodable {
    var rank: Int, id: String, title: String, text: String, score: Double?
    var url: String?, date: String?, provider: String

    init(_ hit: SearchHit) {
      (rank, id, title, text, score, provider) = (hit.rank, hit.id, hit.title, hit.text, hit.score, hit.provider)
      url = hit.url.isEmpty ? nil : hit.url
      date = hit.date.isEmpty ? nil : hit.date
    }
  }

  mutating func run() async throws {
    let hits: [SearchHit]
    let engine = try searcher.open()
    do { hits = try await engine.search(query, limit: limit) } catch let error as Diagnostic { throw error } catch {
      throw Diagnostic("P320", "plugin `\(searcher.plugin)`: \(error)")
    }
    for hit in hits {
      switch format {
      case .jsonl: Console.shared.result(try jsonLine(Line(hit)))
      case .text:
        let score = hit.score.map { "  " + fixed($0, 2) } ?? "", name = [hit.id, hit.url].filter { !$0.isEmpty }
        Console.shared.result("\(hit.rank). \(hit.title)\(score)  \(name.joined(separator: "  "))\n   \(hit.text)")
      }
    }
    if hits.isEmpty { Console.shared.talk("nothing is found") }
  }
}

/// The plugin that searches, and its options.
struct SearcherOptions: ParsableArguments {
  @Option(help: "The augmentor plugin that searches.")
  var plugin = "search-engine"
  @Option(help: ArgumentHelp("The plugin's options, as they stand under `options:` in an experiment.", valueName: "file"))
  var options: String

  func open() throws -> any Searcher {
    let registry = PluginRegistry(declared: [], folders: [])
    let loaded = try registry.plugin(id: plugin, kind: .augmentor)
    let node = try readYAML(path: options), fields = loaded.manifest.options
    let faults = check(node, against: fields, what: "options of plugin `\(plugin)`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let filled = try node.filled(with: fields).resolvingPlugins(fields, registry: registry, models: []).node
    let use = PluginUse(id: plugin, plugin: loaded, options: filled.resolvingPaths(fields, models: []))
    let network = NetworkSettings(section: nil, naming: use.options.webAddresses(fields))
    guard let searcher = try use.make(services: .standard(seed: 1, network: network, registry: registry)) as? any Searcher
    else {
      throw Diagnostic("P310", "plugin `\(plugin)` is an augmentor that does not search")
    }
    return searcher
  }
}

/// `calm search index`: builds or refreshes an index.
struct SearchIndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index", abstract: "Bring the documents of files into a search index.",
    discussion: "A document replaces the one of its id; those that are there already are skipped. A build that was stopped "
      + "goes on by the same command.")

  @Argument(help: "JSON with id, title and text; texts, a document a line or paragraph; or column files. Gzipped or not.")
  var corpus: [String]
  @Option(name: .shortAndLong, help: ArgumentHelp("The index, made where it is missing.", valueName: "folder"))
  var output: String
  @Option(help: "How documents are written: jsonl, lines, paragraphs or conll; default: each file tells.")
  var documents: CorpusFormat?
  @Option(help: "Whose stems a new index looks words up by: english, german, …, or none.")
  var language = "english"
  @Option(help: "text or json.")
  var format = OutputFormat.text
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if corpus.isEmpty { throw ValidationError("name the files whose documents go into the index") }
  }

  mutating func run() throws {
    common.apply()
    let index: SearchIndex
    do { index = try SearchIndex(path: output, mode: .write(language: language)) } catch { throw Diagnostic(error) }
    let report = try IndexBuild(index: index, reader: CorpusReader(format: documents)).run(corpus)
    Console.shared.clear()
    if report.added + report.replaced + report.unchanged == 0 {
      Console.shared.alarm("warning: there is no document in \(corpus.joined(separator: ", "))")
    }
    Console.shared.result(
      format == .json
        ? prettyJSON(report)
        : "\(report.documents) documents in \(output): \(report.added) added, \(report.replaced) replaced, "
          + "\(report.unchanged) unchanged, in \(fixed(report.seconds, 1)) s")
  }
}

extension CorpusFormat: ExpressibleByArgument {}
