import PluginAPI
import Testing

@testable import Host

struct OverridesTests {
  private static let base = """
    seed: 1
    loss: {plugin: kl, options: {temperature: 0.3, weights: {a: 1, b: 2}}}
    files: [{name: x}, {name: y}]
    none:
    """

  private func load(_ overrides: String...) throws -> ConfigNode {
    let folder = try ConfigFolder()
    return try loadConfiguration(path: folder.write("exp.yaml", Self.base), overrides: overrides)
  }

  @Test func valuesAreYAML() throws {
    let node = try load(
      "seed=7", "loss.options.temperature=1e-2", "a=[x, 'y']", "b={c: d}", "e=null", "f=", "g=\"x = # y\"", "h=a=b", "i=true",
      "j=\u{301}x")
    #expect(node.at("seed")?.integer == 7)
    #expect(node.at("loss.options.temperature")?.number == 0.01)
    #expect(node.at("a")?.list?.map(\.text) == ["x", "y"])
    #expect(node.at("b.c")?.text == "d")
    #expect(node.at("e")?.isNull == true)
    #expect(node.at("f")?.isNull == true)
    #expect(node.at("g")?.text == "x = # y")
    #expect(node.at("h")?.text == "a=b")
    #expect(node.at("i")?.boolean == true)
    #expect(node.at("j")?.text == "\u{301}x")
  }

  @Test func marksPointIntoTheArgument() throws {
    let node = try load("seed=7", "loss.options.témperature=[é, 1]")
    let entry = node.at("loss.options")?.map?.last
    #expect(entry?.key.mark == SourceMark(file: "--set #2", line: 1, column: 14, length: 11))
    #expect(entry?.value.mark == SourceMark(file: "--set #2", line: 1, column: 26, length: 6))
    #expect(entry?.value.list?.last?.mark == SourceMark(file: "--set #2", line: 1, column: 30))
    #expect(node.at("seed")?.mark == SourceMark(file: "--set #1", line: 1, column: 6))
    #expect(node.at("loss")?.mark.line == 2)
  }

  @Test func createsWhatIsMissing() throws {
    let node = try load("training.rates.crf=0.05", "none.x=1", "files.1.name=z")
    #expect(node.at("training.rates.crf")?.number == 0.05)
    #expect(node.at("none.x")?.integer == 1)
    #expect(node.at("files.0.name")?.text == "x")
    #expect(node.at("files.1.name")?.text == "z")
  }

  @Test func laterOverridesWin() throws {
    #expect(try load("seed=2", "seed=3").at("seed")?.integer == 3)
  }

  @Test func anotherPluginDropsTheOptionsOfTheFile() throws {
    #expect(try load("loss.plugin=l2").at("loss")?.keys == ["plugin"])
    #expect(try load("loss.plugin=kl").at("loss.options.temperature")?.number == 0.3)
    // Options from the command line are meant for the new plugin, in either order.
    for node in [
      try load("loss.plugin=l2", "loss.options.weights.a=5"), try load("loss.options.weights.a=5", "loss.plugin=l2"),
    ] {
      #expect(node.at("loss.options")?.keys == ["weights"])
      #expect(node.at("loss.options.weights")?.keys == ["a"])
      #expect(node.at("loss.options.weights.a")?.integer == 5)
    }
    // But not those that came along with the plugin that goes.
    #expect(try load("loss={plugin: l2, options: {x: 1}}", "loss.plugin=l3").at("loss")?.keys == ["plugin"])
  }

  @Test(arguments: [
    ("seed", "C109", "1:1"), ("=1", "C109", "1:1"), ("a..b=1", "C109", "1:3"), ("a.=1", "C109", "1:3"),
    ("seed.x=1", "C109", "1:6"), ("loss.plugin.x.y=1", "C109", "1:13"), ("files.2=1", "C109", "1:7"),
    ("files.name=1", "C109", "1:7"), ("files.-1=1", "C109", "1:7"), ("extends=x", "C109", "1:1"), ("a=x # y", "C109", "1:3"),
    ("a=#", "C109", "1:3"), ("a=[1", "C100", "1:3"), ("a=b: c: d", "C100", "1:7"), ("a={b: 1, b: 2}", "C106", "1:10"),
    ("a=x\n---\ny", "C111", "2:1"),
  ]) func refusals(argument: String, code: String, place: String) {
    let found = configFaults { try load(argument) }
    #expect(found.map(\.code) == [code])
    #expect(found.first?.place == place)
    #expect(found.first?.mark?.file == "--set #1")
  }

  @Test func pathsAreLimited() {
    #expect(configFaults { try load(String(repeating: "a.", count: 30_000) + "b=1") }.map(\.code) == ["C109"])
  }

  @Test func allFaultsAreFoundAtOnce() {
    #expect(configFaults { try load("a", "b=[", "c=1") }.map { $0.mark?.file } == ["--set #1", "--set #2"])
    #expect(configFaults { try load("seed.a=1", "files.9=1") }.count == 2)
  }
}
