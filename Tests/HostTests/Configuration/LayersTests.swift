import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

struct LayersTests {
  let folder: ConfigFolder

  init() throws { folder = try ConfigFolder() }

  private func load(_ name: String, _ overrides: String...) throws -> ConfigNode {
    try loadConfiguration(path: folder.path + "/" + name, overrides: overrides)
  }

  @Test func mergesMappingsKeyByKey() throws {
    try folder.write("base/base.yaml", "seed: 1\ntraining: {epochs: 10, batch: 4, rates: [1, 2]}\ndata: {train: t}\n")
    try folder.write("exp.yaml", "extends: base/base.yaml\ntraining:\n  batch: 8\n  rates: [3]\ndata: null\n")
    let node = try load("exp.yaml")
    #expect(node.keys == ["seed", "training", "data"])
    #expect(node.at("training")?.keys == ["epochs", "batch", "rates"])
    #expect(node.at("training.batch")?.integer == 8)
    #expect(node.at("training.rates")?.list?.count == 1)
    #expect(node.at("data")?.isNull == true)
    // Origins are kept.
    #expect(node.at("training.epochs")?.mark.file == folder.path + "/base/base.yaml")
    #expect(node.at("training.batch")?.mark == SourceMark(file: folder.path + "/exp.yaml", line: 3, column: 10))
  }

  @Test func laterFilesOfAListWin() throws {
    try folder.write("a.yaml", "x: a\ny: a\nz: a\n")
    try folder.write("b.yaml", "extends: a.yaml\ny: b\n")
    try folder.write("c.yaml", "z: c\n")
    try folder.write("d.yaml", "extends: [b.yaml, ./c.yaml]\n")
    let node = try load("d.yaml")
    #expect(["x", "y", "z"].map { node.at($0)?.text } == ["a", "b", "c"])
  }

  @Test func anotherPluginDropsTheOptions() throws {
    try folder.write(
      "base.yaml", "loss: {plugin: kl, options: {temperature: 0.3}}\nencoder: {plugin: x, options: {a: 1, b: 2}}\n")
    try folder.write("exp.yaml", "extends: base.yaml\nloss: {plugin: l2}\nencoder: {plugin: x, options: {b: 3}}\n")
    try folder.write("llm.yaml", "augmentor: {plugin: a, prompt: p, stored: {train: t}, options: {b: 1}}\n")
    try folder.write("swap.yaml", "extends: llm.yaml\naugmentor: {plugin: b}\n")
    #expect(try load("swap.yaml").at("augmentor")?.keys == ["plugin", "prompt"])
    let node = try load("exp.yaml")
    #expect(node.at("loss")?.keys == ["plugin"])
    #expect(node.at("encoder.options.a")?.integer == 1)
    #expect(node.at("encoder.options.b")?.integer == 3)
  }

  @Test func whatTheCommandLineGaveStaysWithAnotherPlugin() throws {
    try folder.write("base.yaml", "a: {plugin: x, options: {b: 1, c: {d: 1}}, stored: {train: t}}\n")
    try folder.write("layer.yaml", "a: {plugin: y, options: {e: 4}}\n")
    let node = merged(try load("base.yaml", "a.options.c.f=2", "a.stored.dev=v"), with: try load("layer.yaml"))
    #expect(node.at("a.options")?.keys == ["c", "e"] && node.at("a.options.c")?.keys == ["f"])
    #expect(node.at("a.stored")?.keys == ["dev"] && node.at("a.plugin")?.text == "y")
  }

  @Test func circlesNameTheChain() throws {
    try folder.write("a.yaml", "extends: b.yaml\n")
    try folder.write("b.yaml", "x: 1\nextends: sub/../a.yaml\n")
    try folder.write("sub/c.yaml", "")
    let found = configFaults { try load("a.yaml") }
    #expect(found.map(\.code) == ["C108"])
    #expect(found.first?.message.contains("a.yaml -> ") == true)
    #expect(found.first?.message.contains("b.yaml -> ") == true)
    #expect(found.first?.mark == SourceMark(file: folder.path + "/b.yaml", line: 2, column: 10, length: 13))
    try folder.write("self.yaml", "extends: self.yaml")
    #expect(configFaults { try load("self.yaml") }.map(\.code) == ["C108"])
  }

  @Test func chainsAreLimited() throws {
    for level in 0..<17 { try folder.write("\(level).yaml", "extends: \(level + 1).yaml\n") }
    try folder.write("17.yaml", "x: 1")
    #expect(try load("1.yaml").at("x")?.integer == 1)
    #expect(configFaults { try load("0.yaml") }.map(\.code) == ["C108"])
    // A file that was read before, on a shorter way, counts its own chain.
    try folder.write("two.yaml", "extends: [1.yaml, 0.yaml]")
    #expect(configFaults { try load("two.yaml") }.first?.code == "C108")
  }

  @Test func bombsOfFilesAreRefused() throws {
    for level in 0..<15 {
      let next = "\(level + 1).yaml"
      try folder.write("\(level).yaml", "extends: [" + Array(repeating: next, count: 9).joined(separator: ", ") + "]\n")
    }
    try folder.write("15.yaml", "x: 1")
    let time = ContinuousClock().measure { #expect(configFaults { try load("0.yaml") }.contains { $0.code == "C107" }) }
    #expect(time < .milliseconds(500))
  }

  @Test func missingAndWrongParents() throws {
    try folder.write("a.yaml", "extends: [none.yaml, b.yaml]\n")
    try folder.write("b.yaml", "- 1\n")
    let found = configFaults { try load("a.yaml", "x.y") }
    #expect(found.map(\.code) == ["C108", "C102", "C109"])
    #expect(found.first?.place == "1:11")
    try folder.write("c.yaml", "extends: {x: 1}\n")
    #expect(configFaults { try load("c.yaml") }.map(\.code) == ["C104"])
    #expect(configFaults { try load("none.yaml") }.map(\.code) == ["C110"])
    try folder.write("d.yaml", "extends: e.yaml\nx: !y 1\n")
    try folder.write("e.yaml", "a: 1\na: 2\nb: [")
    #expect(configFaults { try load("d.yaml") }.map(\.code) == ["C111"])
  }

  @Test func pathsAreRelativeToTheirFile() {
    func path(_ text: String, _ file: String) -> String {
      resolvedPath(text, from: SourceMark(file: file, line: 1, column: 1))
    }
    #expect(path("m/x", "conf/a.yaml") == "conf/m/x")
    #expect(path("./x", "conf/a.yaml") == "conf/x")
    #expect(path("x", "a.yaml") == "x")
    #expect(path("/x", "conf/a.yaml") == "/x")
    #expect(path("x", "--set #1") == "x")
    #expect(path("~/x", "conf/a.yaml").hasSuffix("/x"))
    #expect(!path("~/x", "conf/a.yaml").hasPrefix("~"))
  }
}
