import ArgumentParser
import PluginAPI

/// `calm report RUN…`: a page to read about finished runs.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a self-contained HTML page about finished runs.",
    discussion: """
      A RUN is a run folder, a folder of seeds, or a grid's folder, which stands for all its cells. Several systems are compared, \
      each with the first. Everything is read from the run folders, and without \
      tables neither data nor plugins are needed. Beside PAGE.html, the \
      folder PAGE holds every plot as SVG and its numbers, and those of every table, as CSV.
      """)

  @Argument(help: "The run folders.") var runs: [String]
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The page; default: report.html in the run's folder.", valueName: "report.html"))
  var output: String?
  @Flag(help: "Add the tables of `calm tables`, as --published and --bertscore do; data and plugins have to be there.")
  var tables = false
  @OptionGroup var options: TableOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    if runs.count > 1 && output == nil { throw ValidationError("say with -o where the report of several runs goes") }
  }

  mutating func run() async throws {
    common.apply()
    let path = output ?? Report.path(in: runs[0])
    var report = try Report(paths: runs)
    if tables || options.isGiven { report.tables = try await options.tables(of: runs).made() }
    try report.write(to: path)
    Console.shared.result(path)
  }
}
