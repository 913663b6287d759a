import ArgumentParser
import PluginAPI

/// `calm model`: the models that a file declares.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Fetch the models that an experiment declares.", subcommands: [Fetch.self, Info.self])

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fetch the declared models that are missing.")
    @OptionGroup var experiment: ExperimentOptions
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      common.apply()
      for model in try ModelCommand.declared(experiment) {
        _ = try ModelFetch.fetch(model) { Console.shared.talk($0) }
        Console.shared.result("\(model.name)\t\(model.path)")
      }
    }
  }

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the declared models and where they are.")
    @OptionGroup var experiment: ExperimentOptions

    mutating func run() throws {
      let rows = try ModelCommand.declared(experiment).map { model in
        [model.name, model.requirement, ModelFetch.folder(of: model) == nil ? "not fetched" : model.path]
      }
      Console.shared.result(TextTable(header: ["model", "source", "path"], rows: rows).description)
    }
  }

  /// The models alone: they can be fetched before the plugins are built.
  static func declared(_ options: ExperimentOptions) throws -> [DeclaredModel] {
    let node = try loadConfiguration(path: options.config, overrides: options.overrides)
    return try (node["models"]?.map ?? []).map { try DeclaredModel(name: $0.key.name, node: $0.value) }
  }
}
