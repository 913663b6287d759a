import PluginAPI
import Testing

@testable import Host

struct YAMLPositionTests {
  @Test func marksKeysAndValues() throws {
    let node = try parsedYAML("seed: 1\nloss:\n  plugin: kl\n  options: {temperature: 0.3, tags: [a, 'b c']}\n")
    #expect(node.keys == ["seed", "loss"])
    #expect(node.at("seed")?.place == "1:7+1")
    #expect(node.map?[1].key.mark == SourceMark(file: "t.yaml", line: 2, column: 1, length: 4))
    #expect(node.at("loss")?.place == "3:3+6")
    #expect(node.at("loss.plugin")?.place == "3:11+2")
    #expect(node.at("loss.options")?.place == "4:12+36")
    #expect(node.at("loss.options.temperature")?.place == "4:26+3")
    #expect(node.at("loss.options.tags")?.place == "4:37+10")
    #expect(node.at("loss.options.tags.1")?.place == "4:41+5")
  }

  @Test func countsCharactersNotBytes() throws {
    let node = try parsedYAML("{é: ü, 漢字: '日本', k: v}")
    #expect(node.map?[1].key.mark.column == 8)
    #expect(node.at("漢字")?.place == "1:12+4")
    #expect(node.at("k")?.place == "1:21+1")
  }

  @Test func marksListsAndText() throws {
    let node = try parsedYAML("a:\n  - x\n  - |\n    two\n    lines\nb: long\n  plain\nc:\nd: [\n 1]\n")
    #expect(node.at("a")?.place == "2:3+1")
    #expect(node.at("a.1")?.place == "3:5+1")
    #expect(node.at("a.1")?.text == "two\nlines\n")
    #expect(node.at("b")?.place == "6:4+4")
    #expect(node.at("b")?.text == "long plain")
    #expect(node.at("c")?.place == "8:3+1")
    #expect(node.at("d")?.place == "9:4+1")
    #expect(node.at("d.0")?.place == "10:2+1")
  }

  @Test func lineBreaksOfAllSystems() throws {
    #expect(try parsedYAML("a: 1\r\nb: 2\r\nc: 3").at("c")?.place == "3:4+1")
    #expect(try parsedYAML("a: 1\rb: 2\rc: 3").at("c")?.place == "3:4+1")
    #expect(try parsedYAML("a: two\r\n  lines\r\nb: 2").at("a")?.place == "1:4+3")
  }

  @Test func acceptsAByteOrderMark() throws {
    let node = try parseYAML([0xEF, 0xBB, 0xBF] + Array("a: é\nb: 2".utf8), named: "t.yaml")
    #expect(node.map?[0].key.mark.column == 1)
    #expect(node.at("a")?.place == "1:4+1")
  }

  @Test(arguments: ["", "  \n\n", "# nothing\n", "\u{FEFF}"]) func emptyIsAnEmptyMapping(text: String) throws {
    #expect(try parsedYAML(text).map?.isEmpty == true)
  }

  @Test func scalarsKeepTheirStyle() throws {
    let node = try parsedYAML("[1, '1', \"1\", !!str 1, ! 1, !!int '7', ~, '~', true, \"\\x41\\0\"]")
    let items = node.list ?? []
    #expect(items.map(\.integer) == [1, nil, nil, nil, nil, 7, nil, nil, nil, nil])
    #expect(items.map(\.isNull) == [false, false, false, false, false, false, true, false, false, false])
    #expect(items[8].boolean == true)
    #expect(items[9].text == "A\0")
  }

  @Test func aliasesStandWhereTheyAreWritten() throws {
    let node = try parsedYAML("a: &x {k: 1}\nb: *x\n&n name: v\n")
    #expect(node.at("b")?.place == "2:4+2")
    #expect(node.at("b.k")?.place == "1:11+1")
    #expect(node.at("name")?.text == "v")
  }

  @Test func valuesOfAnyTypeCanBeRead() throws {
    #expect(try parsedYAML("- a\n- b").list?.count == 2)
    #expect(try parsedYAML("hello").text == "hello")
    #expect(try parsedYAML("---\na: 1\n...\n").at("a")?.integer == 1)
  }
}
