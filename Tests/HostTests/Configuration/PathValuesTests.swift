import PluginAPI
import TestSupport
import Testing

@testable import Host

struct PathValuesTests {
  private static let fields: [OptionField] = [
    .required("model", .model, help: ""), .optional("others", .list(.model), help: ""),
    .optional("byName", .map(.model), help: ""), .optional("file", .path, help: ""),
  ]

  private static let models = {
    let digest = String(repeating: "0", count: 64)
    return """
      models:
        folder: {pypi: a==1, folder: a, files: {model.safetensors: "\(digest)"}}
        file: {pypi: b==1, folder: b, files: {b.gguf: "\(digest)"}}
      """
  }()

  private static func declared() throws -> [DeclaredModel] {
    try (parsedYAML(models)["models"]?.map ?? []).map { try DeclaredModel(name: $0.key.name, node: $0.value) }
  }

  @Test func `declared models become their folder or file`() throws {
    let node = try parsedYAML("model: file\nothers: [folder, elsewhere/x]\nbyName: {a: folder}\nfile: folder\n")
    let resolved = node.resolvingPaths(Self.fields, models: try Self.declared())
    let store = ModelStore()
    #expect(resolved["model"]?.text == store.models + "/file/b.gguf")
    #expect(resolved["others"]?.list?.first?.text == store.models + "/folder")
    #expect(resolved["others"]?.list?.last?.text?.hasSuffix("/elsewhere/x") == true)
    #expect(resolved["byName"]?["a"]?.text == store.models + "/folder")
    #expect(resolved["file"]?.text?.hasSuffix("/folder") == true && resolved["file"]?.text?.hasPrefix(store.models) == false)
  }

  @Test func `the models that options name`() throws {
    let node = try parsedYAML("model: file\nothers: [a, b]\nbyName: {x: c}\nfile: d\n")
    #expect(node.modelNames(Self.fields) == ["file", "a", "b", "c"])
    #expect(try parsedYAML("model: null\nfile: d\n").modelNames(Self.fields).isEmpty)
    #expect(try parsedYAML("unknown: d\n").modelNames(Self.fields).isEmpty)
  }

  /// A model that no option names is not fetched for a run.
  @Test func `an experiment has the models that it uses`() throws {
    let lab = try Lab()
    let text = String(decoding: try lab.bytes("experiment.yaml"), as: UTF8.self)
    try lab.write(text + "\n" + Self.models, to: "experiment.yaml")
    #expect(try Experiment(path: lab.config).models.isEmpty)
    let experiment = try Experiment(path: lab.config, overrides: ["encoder.options.model=folder"])
    #expect(experiment.models.map(\.name) == ["folder"])
    #expect(experiment.encoder.options["model"]?.text == ModelStore().models + "/folder")
  }
}
