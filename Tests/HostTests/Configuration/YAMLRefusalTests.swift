import PluginAPI
import Testing

@testable import Host

struct YAMLRefusalTests {
  @Test(arguments: [
    ("a: [1, 2\nb: 3\n", "2:2", "list in brackets"), ("a: {x: 1\n", "1:4", "mapping in braces"),
    ("a: 'open\nb: 1\n", "1:4", "never closed"), ("a: b: c\n", "1:5", "`:` is not expected"),
    ("a:\n\tb: 1\n", "2:1", "tab"), ("a: @b\n", "1:4", "`@` cannot begin"), ("a: 1\n b\nc: 2\nword\n", "4:1", "no `:`"),
    ("a:\n  - 1\n b: 2\n", "3:2", "does not continue"), ("a: \"\\q\"\n", "1:5", "escape"),
    ("a: 1\n b: 2\n", "2:3", "`:` is not expected"), ("a: *\n", "1:4", "need a name"), ("a: !x!y z\n", "1:4", "tag"),
    ("a: \u{1}\n", "1:4", "U+0001"), ("a: *b\n", "1:4", "repeats nothing"), ("a: &a [*a]\n", "1:8", "stands within"),
  ]) func syntaxErrorsHavePlacesAndSentences(text: String, place: String, words: String) {
    let found = configFaults(text)
    #expect(found.count == 1)
    #expect(found.first?.code == "C100")
    #expect(found.first?.place == place, "\(text)")
    #expect(found.first?.message.contains(words) == true, "\(found.first?.message ?? "")")
  }

  @Test func duplicateKeysNameBothLines() {
    let found = configFaults("a: 1\nb: {x: 1, x: 2}\n'a': 3\n")
    #expect(found.map(\.code) == ["C106", "C106"])
    #expect(found.map(\.place) == ["2:11", "3:1"])
    #expect(found[1].message == "the key `a` is given twice: in line 1 and in line 3")
  }

  @Test func unknownTagsAreRefused() {
    #expect(configFaults("a: !python/object:os.system x\nb: !!set {x}\nc: !!int {}\n").map(\.code) == ["C111", "C111", "C111"])
    #expect(configFaults("a: !!int x").map(\.code) == ["C104"])
    #expect(configFaults("a: !!map {b: !!seq [!!str x]}").isEmpty)
  }

  @Test func otherDocumentsAreRefused() {
    let found = configFaults("a: 1\n---\nb: 2\n")
    #expect(found.map(\.code) == ["C111"])
    #expect(found.first?.place == "2:1")
  }

  @Test func keysAreText() {
    #expect(configFaults("? [a, b]\n: 1\n? {c: d}\n: 2\n").map(\.message).allSatisfy { $0.contains("plain text") })
    #expect(configFaults("? [a, b]\n: 1\n? {c: d}\n: 2\n").map(\.place) == ["1:3", "3:3"])
    #expect(configFaults("a: &x [1]\n*x : 2\n").map(\.code) == ["C111"])
  }

  @Test func mergeKeysAreRefused() throws {
    let found = configFaults("base: &b {x: 1}\nc:\n  <<: *b\n")
    #expect(found.map(\.code) == ["C111"])
    #expect(found.first?.place == "3:3")
    #expect(found.first?.hint?.contains("extends") == true)
    #expect(try parsedYAML("'<<': 1").keys == ["<<"])
  }

  @Test func allFaultsAreFoundAtOnce() {
    #expect(configFaults("a: 1\na: 2\nb: !x 1\n<<: {}\nc: ]\n").map(\.code) == ["C106", "C111", "C111", "C100"])
  }

  @Test func textMustBeUTF8() {
    let latin = configFaults { try parseYAML(Array("a: 1\nb: caf".utf8) + [0xE9, 0x0A], named: "t.yaml") }
    #expect(latin.map(\.code) == ["C110"])
    #expect(latin.first?.place == "2:7")
    #expect(configFaults { try parseYAML([0xFF, 0xFE, 0x61, 0], named: "t.yaml") }.first?.message.contains("UTF-16") == true)
  }

  @Test func filesMustBeReadableAndSmall() throws {
    let folder = try ConfigFolder()
    #expect(configFaults { try readYAML(path: folder.path + "/none.yaml") }.first?.message.contains("no such file") == true)
    #expect(configFaults { try readYAML(path: folder.path) }.map(\.code) == ["C110"])
    let padding = String(repeating: "#", count: YAMLLimits.bytes - 5)
    #expect(try readYAML(path: folder.write("fits.yaml", "a: 1\n" + padding)).at("a")?.integer == 1)
    #expect(configFaults { try readYAML(path: folder.write("large.yaml", "a: 1\n#" + padding)) }.map(\.code) == ["C107"])
  }
}
