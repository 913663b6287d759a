import ArgumentParser
import FoundationEssentials
import Glibc
import PluginAPI

/// `calm plugin validate FILE`: whether a plugin keeps the laws of its kind.
struct PluginValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Try whether a plugin keeps the laws of its kind, each in a process of its own.",
    discussion: "Ends with 0 where it keeps them, 1 where one is broken, 4 where the file is no plugin.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, junit }

  @Argument(help: "The plugin's library, or the id of a plugin that is found.")
  var file: String
  @Option(help: ArgumentHelp("The plugin's options, as they stand under `options:` in an experiment.", valueName: "file"))
  var options: String?
  @Option(help: "Seed of what the plugin is given.")
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("How long a law may take.", valueName: "seconds"))
  var timeLimit = 120.0
  @Option(help: ArgumentHelp("Memory that a law may take; default: half of the machine's.", valueName: "MiB"))
  var memoryLimit: Int?
  @Option(help: "text, json, or junit: XML for build servers.")
  var format = Format.text

  func validate() throws {
    guard timeLimit > 0, timeLimit < 1e6 else { throw ValidationError("--time-limit takes a number of seconds above 0") }
    if let memoryLimit { try requirePositive("memory-limit", memoryLimit) }
  }

  mutating func run() async throws {
    // Backtraces of plugins that are there to crash are slow and say nothing that the table does not.
    setenv("SWIFT_BACKTRACE", "enable=no", 0)
    let validation = Validation(
      path: try path(), options: options.map(absolutePath), seed: seed, timeLimit: .seconds(timeLimit),
      memory: memoryLimit.map { $0 << 20 } ?? ProcessLimits.standardMemory)
    let report = try await validation.run()
    switch format {
    case .text: Console.shared.result(report.text)
    case .json: Console.shared.result(report.json)
    case .junit: Console.shared.result(report.junit)
    }
    if !report.isPassed { throw ExitStatus.found }
  }

  /// An id has no dot or slash; a library's file has.
  private func path() throws -> String {
    guard PluginLoader.isIdentifier(file), PluginFile.identity(file) == nil else { return file }
    return try PluginRegistry(declared: [], folders: []).plugin(id: file).path
  }
}
