import ArgumentParser
import FoundationEssentials
import PluginAPI

extension TableFormat: ExpressibleByArgument {}

/// `calm tables RUN…`: the paper's tables and what goes beyond them, from finished runs.
struct TablesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "Make the paper's tables from finished runs, to be read or pasted into a paper.",
    discussion: """
      A RUN is a run folder, a folder of seeds, or a grid's folder, which stands for all its cells. Contexts are read again from \
      where the run's configuration says; nothing is asked for.
      """)

  @Argument(help: "The run folders.") var runs: [String]
  @Option(help: "text, markdown, latex, csv or json.") var format = TableFormat.text
  @Option(help: ArgumentHelp("Only these, separated by commas: table2 … table7, figure3, mentions, …", valueName: "names"))
  var only: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("Write a file a table and format to this folder.", valueName: "folder"))
  var output: String?
  @Option(help: ArgumentHelp("Published numbers to show beside ours, e.g. Examples/paper/published.yaml.", valueName: "file"))
  var published: String?
  @Option(
    help: ArgumentHelp(
      "Compute BERTScores of the contexts with this encoder's folder; takes minutes a system.", valueName: "folder"))
  var bertscore: String?
  @Option(help: "With --bertscore: the encoder plugin; default: chosen by the model's model_type.") var plugin: String?
  @Option(help: "With --bertscore: compare the states behind this layer; default: the last.") var layer: Int?
  @OptionGroup var common: CommonOptions

  mutating func run() async throws {
    common.apply()
    var tables = try await ReportTables(
      runs: runs, published: published.map { try Published(path: $0) } ?? .none,
      similarity: bertscore.map { try Similarity(model: $0, plugin: plugin, layer: layer) }
    ).all
    if let only {
      let names = only.split(separator: ",").map(String.init)
      if let unknown = names.first(where: { name in !tables.contains { $0.id == name } }) {
        throw ValidationError(
          "there is no table `\(unknown)` of these runs; there are \(tables.map(\.id).joined(separator: ", "))")
      }
      tables = names.compactMap { name in tables.first { $0.id == name } }
    }
    guard let output else {
      if format == .json { return Console.shared.result(prettyJSON(tables)) }
      return Console.shared.result(tables.map { $0.written(format) }.joined(separator: "\n"))
    }
    do { try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true) } catch {
      throw Diagnostic("S601", "\(output) cannot be made: \(systemMessage())")
    }
    for table in tables {
      for format in TableFormat.allCases {
        try FileBytes.write(table.written(format), to: "\(output)/\(table.id).\(format.fileExtension)")
      }
    }
    Console.shared.talk("\(tables.count) tables in \(output)")
  }
}
