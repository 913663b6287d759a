import ArgumentParser
import PluginAPI

/// `calm plugin`: which plugins there are and what they take.
struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "List, make, try and lock plugins.",
    subcommands: [
      List.self, Info.self, PluginNew.self, PluginValidateCommand.self, PluginLockCommand.self, PluginReleaseCommand.self,
    ])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the plugins beside the host and in the plugin folders.")
    @Option(help: "text or json.") var format = OutputFormat.text

    mutating func run() throws {
      let (plugins, faults) = PluginRegistry(declared: [], folders: []).all()
      let list = PluginList(plugins)
      Console.shared.result(format == .json ? try list.json() : list.text)
      for fault in faults { Console.shared.alarm(DiagnosticPrinter.line(fault)) }
      if !faults.isEmpty { throw ExitStatus.found }
    }
  }

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a plugin's identity and options.")
    @Argument(help: "The plugin's id, or the path of its library.") var id: String
    @Option(help: "text or json.") var format = OutputFormat.text

    mutating func run() throws {
      let plugin =
        try id.contains("/")
        ? PluginLoader.load(path: id, trust: .here) : PluginRegistry(declared: [], folders: []).plugin(id: id)
      let info = PluginDescription(plugin)
      Console.shared.result(format == .json ? try info.json() : info.text)
    }
  }
}
