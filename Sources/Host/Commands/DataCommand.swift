import ArgumentParser
import PluginAPI

/// `calm data`: labelled files.
struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Fetch, check and convert labelled files.",
    subcommands: [Check.self, Convert.self, Fetch.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Count sentences and entities, name the tag scheme, list malformed sequences and duplicates.")
    @Argument(help: "Column files: the splits of one data set.") var files: [String]
    @OptionGroup var columns: ColumnOptions
    @Option(help: "text or json.") var format = OutputFormat.text

    mutating func run() throws {
      let report = try DatasetReport(files.map { try ColumnFile.read(path: $0, columns: columns.columns) })
      Console.shared.result(format == .json ? prettyJSON(report) : report.text)
      if report.hasFaults { throw ExitStatus.found }
    }
  }
}

/// How a column file is read.
struct ColumnOptions: ParsableArguments {
  @Option(help: "Column of the token, counted from 1.") var token = 1
  @Option(help: "Column of the tag; default: the last.") var tag: Int?
  @Option(help: "What a line begins with that is to be passed over.") var comment: String?

  var columns: ColumnFile.Columns { .init(token: token, tag: tag, comment: comment) }
}
