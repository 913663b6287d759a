import PluginAPI
import Testing

@testable import Host

/// A project of `calm plugin new`, as its README has it built.
enum NewProject {
  static func project(_ kind: String, _ language: String, _ names: PluginNames) throws -> PluginProject {
    try PluginProject(names: names, kind: kind, language: language, sdk: PluginSDK.ofHost())
  }

  /// Runs the commands that the README begins with; the last shows the plugin. A plugin that was loaded stays mapped; its file may go.
  ///
  /// - Parameters:
  ///   - folder: where the library is then.
  ///   - sdk: another SDK than that of this checkout.
  ///   - left: commands that are left out.
  static func build(
    _ kind: String, _ language: String, in shell: Shell, folder: String, sdk: String? = nil, without left: [String] = []
  ) async throws {
    let id = "\(language)-\(kind)"
    let made = try shell.run("calm plugin new \(id) --kind \(kind) --language \(language)", path: [Shell.products])
    let project = try project(kind, language, PluginNames(id))
    for file in project.files { #expect(made?.contains("\(id)/\(file.path)\n") == true) }
    let unfilled = project.files.filter { file in
      ["PluginName", "plugin-name", "plugin_name", "path/to/sdk"].contains { file.text.contains($0) || file.path.contains($0) }
    }
    #expect(unfilled.isEmpty)

    let other = sdk.map { ["export CALM_SDK='\($0)'"] } ?? []
    let output = try shell.run(
      (["cd \(id)"] + other + project.commands.filter { !left.contains($0) }).joined(separator: "\n"), path: [Shell.products])
    guard let output else { return }
    #expect(output.contains("\(id): ") && output.contains("kind      \(kind)\n"), "\(output)")
    let libraries = PluginFolders(["\(shell.folder)/\(id)/\(folder)"]).libraries()
    #expect(libraries.count == 1)
    for library in libraries { try await expectLaws(kind, PluginLoader.load(path: library)) }
  }

  private static func expectLaws(_ kind: String, _ plugin: LoadedPlugin) async throws {
    #expect(plugin.manifest.kind.rawValue == kind)
    let shape = Shape(width: 5, tags: ["O", "B-X", "I-X"])
    let none = ConfigNode(.map([]), mark: SourceMark(file: "none", line: 1, column: 1))
    let services = Services(seed: 1, cacheFolder: "/tmp") { _, _ in }
    let made = try plugin.factory.make(options: none, shape: shape, services: services)
    let results: [LawResult]
    switch made {
    case let augmentor as any Augmentor: results = await checkAugmentor(augmentor, manifest: plugin.manifest)
    case let encoder as any Encoder: results = checkEncoder(encoder)
    case let decoder as any Decoder: results = checkDecoder(decoder, shape: shape)
    case let loss as any Loss: results = checkLoss(loss)
    default: results = []
    }
    #expect(!results.isEmpty)
    for result in results { #expect(result.passed, "\(result.law): \(result.reason)") }
  }
}
