import ArgumentParser
import PluginAPI

extension TableFormat: ExpressibleByArgument {}

/// `calm tables RUN…`: the paper's tables and what goes beyond them, from finished runs.
struct TablesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "Make the paper's tables from finished runs, to be read or pasted into a paper.",
    discussion: """
      A RUN is a run folder, a folder of seeds, or a grid's folder, which stands for all its cells. Contexts are those \
      that the runs keep; nothing is asked for.
      """)

  @Argument(help: "The run folders.") var runs: [String]
  @Option(help: "text, markdown, latex, csv or json; default: text, and with -o all of them.") var format: TableFormat?
  @Option(help: ArgumentHelp("Only these, separated by commas: table2 … table7, figure3, mentions, …", valueName: "names"))
  var only: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("Write a file a table to this folder.", valueName: "folder"))
  var output: String?
  @OptionGroup var options: TableOptions
  @OptionGroup var common: CommonOptions

  /// The names of `--only`, in their order.
  private var wanted: [String]? { only.map { $0.split(separator: ",").map(String.init) } }

  func validate() throws {
    guard let wanted else { return }
    if wanted.isEmpty { throw ValidationError("--only takes names of tables: \(ReportTables.names.joined(separator: ", "))") }
    if let unknown = wanted.first(where: { !ReportTables.names.contains($0) }) {
      throw ValidationError("there is no table `\(unknown)`; there are \(ReportTables.names.joined(separator: ", "))")
    }
  }

  mutating func run() async throws {
    common.apply()
    if let output { try makeFolder(output) }
    let names = wanted ?? ReportTables.names
    let tables = try await options.tables(of: runs).made(names)
    for name in wanted ?? [] where !tables.contains(where: { $0.id == name }) {
      Console.shared.alarm("warning: `\(name)` has nothing to show: \(ReportTables.need(of: name))")
    }
    guard let output else {
      if format == .json { return Console.shared.result(prettyJSON(tables)) }
      // A line with its name tells one CSV table from the next.
      let named = format == .csv && tables.count > 1
      let texts = tables.map { (named ? $0.id + "\n" : "") + $0.written(format ?? .text) }
      return Console.shared.output(texts.joined(separator: "\n"))
    }
    for table in tables {
      for format in format.map({ [$0] }) ?? TableFormat.allCases {
        try FileBytes.write(table.written(format), to: "\(output)/\(table.id).\(format.fileExtension)")
      }
    }
    Console.shared.talk("\(tables.count) tables in \(output)")
  }
}
