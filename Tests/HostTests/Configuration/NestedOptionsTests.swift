import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Options inside options: mappings, lists of them, and other plugins.
@Suite("Nested options")
struct NestedOptionsTests {
  private static let engine: [OptionField] = [
    .required("kind", .choice(["local", "web"]), help: ""), .optional("index", .path, help: ""),
    .optional("terms", .integer, default: "8", in: 1...9, help: ""),
  ]
  private static let fields: [OptionField] = [
    .required("engines", .list(.mapping(engine)), help: ""),
    .optional("rank", .plugin(.encoder, with: [.optional("idf", .boolean, default: "false", help: "")]), help: ""),
  ]

  private func faults(_ text: String) throws -> [Diagnostic] {
    check(try parsedYAML(text), against: Self.fields, what: "the options")
  }

  @Test func `a text stands for the first key, and defaults are filled in`() throws {
    let node = try parsedYAML("engines: [web, {kind: local, index: corpus}]\nrank: {plugin: biobert}\n")
    #expect(check(node, against: Self.fields, what: "the options").isEmpty)
    let filled = node.filled(with: Self.fields).resolvingPaths(Self.fields, models: [])
    let engines = try #require(filled["engines"]?.list)
    #expect(engines[0]["kind"]?.text == "web" && engines[0]["terms"]?.integer == 8)
    #expect(engines[1]["index"]?.text?.hasSuffix("/corpus") == true && engines[1]["index"]?.text?.hasPrefix("/") == true)
    #expect(filled["rank"]?["idf"]?.boolean == false)
  }

  @Test func `faults have their places`() throws {
    let found = try faults("engines: [{kind: lcal}, {kind: web, terms: 10}, {index: x}, [a]]\nrank: {plugin: b, idff: true}\n")
    #expect(found.map(\.code) == ["C104", "C105", "C103", "C104", "C101"])
    #expect(found.first?.hint == "did you mean `local`?" && found.last?.hint == "did you mean `idf`?")
    #expect(found.map { $0.mark?.line } == [1, 1, 1, 1, 2])
    #expect(try faults("engines: web\n").map(\.code) == ["C104"])
  }

  /// The options of the plugin that is named are that plugin's: checked, with models and defaults.
  @Test func `options of other plugins`() throws {
    let digest = String(repeating: "0", count: 64)
    let models = try
      (parsedYAML(#"models: {small: {pypi: a==1, folder: a, files: {model.safetensors: "\#(digest)"}}}"#)[
        "models"]?.map ?? []).map { try DeclaredModel(name: $0.key.name, node: $0.value) }
    let beside = Lab.program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let registry = PluginRegistry(declared: [], folders: [beside])
    func resolve(_ text: String) throws -> (node: ConfigNode, models: Set<String>) {
      try parsedYAML(text).filled(with: Self.fields).resolvingPlugins(Self.fields, registry: registry, models: models)
    }
    let found = try resolve("engines: [web]\nrank: {plugin: biobert, options: {model: small}}\n")
    #expect(found.models == ["small"])
    let options = try #require(found.node["rank"]?["options"])
    #expect(options["model"]?.text == ModelStore().models + "/small" && options["precision"]?.text == "fp32")
    #expect(found.node["rank"]?["idf"]?.boolean == false)
    #expect(throws: Diagnostics.self) { try resolve("engines: []\nrank: {plugin: biobert, options: {modell: small}}\n") }
    #expect(throws: Diagnostic.self) { try resolve("engines: []\nrank: {plugin: crf}\n") }
    #expect(try resolve("engines: []\n").models.isEmpty)
  }
}
