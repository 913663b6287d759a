import PluginAPI
import Testing

@testable import Host

struct ConfigPrinterTests {
  private func map(_ key: String, _ value: ConfigNode, _ mark: SourceMark) -> ConfigNode {
    ConfigNode(.map([ConfigNode.Entry(ConfigNode.Key(key, mark: mark), value)]), mark: mark)
  }

  @Test func namesOrigins() throws {
    let place = SourceMark(file: "default", line: 1, column: 1)
    var node = try parsedYAML("seed: 1\nloss:\n  plugin: 'kl'\n  options: {tags: [a, {b: 'c', d: []}]}\n")
    node = try ConfigOverride("loss.options.temperature=0.3", file: "--set #1").applied(to: node)
    node = try ConfigOverride("x=word", file: "--set #2").applied(to: node)
    node = merged(node, with: map("z", ConfigNode(.map([]), mark: place), place))
    #expect(
      ConfigPrinter.print(node) == """
        seed: 1               # t.yaml:1
        loss:
          plugin: kl          # t.yaml:3
          options:
            tags:
              - a             # t.yaml:4
              - b: c          # t.yaml:4
                d: []         # t.yaml:4
            temperature: 0.3  # --set #1
        x: word               # --set #2
        z: {}                 # default

        """)
  }

  private static let nasty = [
    "", " ", "a b", " a", "a ", "1", "1.5", "-1", "+1", ".5", "1e3", "0x1F", "0o7", "1_000", "-", "--", "---", "--- a", "- a",
    "?", "? a", ":", ": a", "a:", "a: b", "a:b", "a #b", "a#b", "#a", "true", "True", "false", "yes", "No", "on", "null",
    "Null", "~", "~/x", ".inf", "-.Inf", ".NaN", "...", "... a", "..", "../x", "./x", "/x", "[a", "a]", "{", "}", ",", "a, b",
    "&a", "*a", "!a", "|", ">", "'", "\"", "it's", "say \"x\"", "%a", "@a", "`a`", "=", "<<", "\n", "a\nb", "a\n",
    "\ta", "a\tb", "\r", "a\r\nb", "\\", "C:\\x", "\u{0}", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{A0}", "\u{A0}x", "\u{2028}",
    "\u{FEFF}", "\u{202E}abc", "é", "e\u{301}", "漢字", "👩‍👩‍👧", "\u{FFFE}", "\u{10FFFF}", "\u{E0001}", "2001-01-01",
    "12:30:45", "1:2", "\u{301}x", "\u{200D}x", "+", ".", "-x", "?x", ":x", "1 2", "１", String(repeating: "long ", count: 300),
    String(repeating: "漢\u{1}", count: 700),
  ]

  @Test func quotedTextReadsBack() throws {
    let mark = SourceMark(file: "t.yaml", line: 1, column: 1)
    func text(_ text: String) -> ConfigNode { ConfigNode(.scalar(text, quoted: true), mark: mark) }
    for value in Self.nasty {
      for node in [
        text(value), ConfigNode(.list([text(value), ConfigNode(.list([text(value)]), mark: mark)]), mark: mark),
        map(value, text(value), mark), map(value, ConfigNode(.list([text(value)]), mark: mark), mark),
        ConfigNode(.list([map(value, text(value), mark)]), mark: mark),
      ] {
        let shown = ConfigPrinter.print(node)
        #expect(sameValue(try parsedYAML(shown), node), "\(shown)")
      }
    }
  }

  @Test func plainScalarsKeepTheirMeaning() throws {
    let text =
      "[1, 1.5e-3, -1, true, null, ~, word, two words, a#b, 1_000, 0x1F, .5, yes, http://x/y?z, x:y, -x, ., '', \"\\n\"]"
    let node = try parsedYAML(text)
    #expect(sameValue(try parsedYAML(ConfigPrinter.print(node)), node))
    #expect(ConfigPrinter.print(node).contains("- 1.5e-3 "))
    #expect(ConfigPrinter.print(node).contains("- http://x/y?z "))
  }

  @Test func fingerprintsAreOfValuesOnly() throws {
    let one = try parsedYAML("a: {x: 1e-3, y: [true, ~, 'z']}\nb: 10\n")
    let same = try parsedYAML("b:   1_0\n\na:\n  y: [True, null, z]\n  x: 0.001\n")
    #expect(ConfigPrinter.fingerprint(one) == ConfigPrinter.fingerprint(same))
    for other in ["a: {x: '1e-3', y: [true, ~, z]}\nb: 10", "a: {x: 1e-3, y: [~, true, z]}\nb: 10", "a: {x: 1e-3}\nb: 10"] {
      #expect(try ConfigPrinter.fingerprint(parsedYAML(other)) != ConfigPrinter.fingerprint(one))
    }
  }

  @Test func aFileNameCannotBreakTheComment() throws {
    let mark = SourceMark(file: "a\nb: 1\u{1B}", line: 2, column: 1)
    let shown = ConfigPrinter.print(map("k", ConfigNode(.scalar("v", quoted: false), mark: mark), mark))
    #expect(shown == "k: v  # a\\nb: 1\\u{1B}:2\n")
  }
}
