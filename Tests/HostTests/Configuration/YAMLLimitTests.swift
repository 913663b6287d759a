import PluginAPI
import Testing

@testable import Host

struct YAMLLimitTests {
  @Test func depthIsLimited() {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(configFaults(nested(32)).isEmpty)
    #expect(configFaults(nested(33)).map(\.code) == ["C107"])
    #expect(configFaults(nested(33)).first?.place == "1:33")
    let blocks = (0..<40).map { String(repeating: " ", count: $0) + "k:\n" }.joined()
    #expect(configFaults(blocks).map(\.code) == ["C107"])
  }

  @Test func depthIsCountedThroughAliases() {
    let deep = "a: &a " + String(repeating: "[", count: 20) + String(repeating: "]", count: 20) + "\n"
    #expect(configFaults(deep + "b: [[*a]]\n").isEmpty)
    #expect(configFaults(deep + "b: [[[[[[[[[[[[*a]]]]]]]]]]]]\n").map(\.code) == ["C107"])
  }

  @Test func nodesAreLimited() throws {
    // The list is one, so 9999 items fit.
    let list = String(repeating: "- x\n", count: YAMLLimits.nodes - 1)
    #expect(try parsedYAML(list).list?.count == YAMLLimits.nodes - 1)
    #expect(configFaults(list + "- x\n").map(\.code) == ["C107"])
  }

  @Test func aliasBombsAreRefusedAtOnce() throws {
    var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for (name, of) in zip("bcdefghij", "abcdefghi") {
      bomb += "\(name): &\(name) [" + (0..<9).map { _ in "*\(of)" }.joined(separator: ",") + "]\n"
    }
    #expect(bomb.utf8.count < 400)
    var found: [Diagnostic] = []
    let time = ContinuousClock().measure { found = configFaults(bomb) }
    #expect(found.map(\.code) == ["C107"])
    #expect(found.first?.message.contains("aliases") == true)
    #expect(found.first?.mark?.line == 5)
    #expect(time < .milliseconds(100))
  }

  @Test func bracketsWithoutEndAreRefusedAtOnce() {
    for bracket in ["[", "{", "[\n", "- ", "? "] {
      let text = String(repeating: bracket, count: YAMLLimits.bytes / bracket.utf8.count)
      var found: [Diagnostic] = []
      let time = ContinuousClock().measure { found = configFaults(text) }
      #expect(!found.isEmpty)
      #expect(time < .seconds(1))
    }
  }

  /// Damaged files must end in faults, never in a crash, and what is read must print and read back.
  @Test func survivesDamage() throws {
    let sample = Array(
      """
      plugins: {crf: {library: libCRF.so}}  # a comment
      loss: &l {plugin: "kl \\u00e9", options: {temperature: 0.3, list: [a, 'b', ~]}}
      other: *l
      text: |
        two
        lines é漢
      - ? x
      """.utf8)
    let pieces = Array("[]{}:-?&*!|>'\"%@`#,\n\t \u{0}".utf8) + [0xFF, 0xC3]
    var stream = RandomStream(seed: 7, "yaml")
    func draw(_ count: Int) -> Int { Int(stream.next() % UInt64(count)) }
    for _ in 0..<3000 {
      var bytes = sample
      for _ in 0...draw(6) {
        switch draw(3) {
        case 0: bytes[draw(bytes.count)] = pieces[draw(pieces.count)]
        case 1: bytes.insert(pieces[draw(pieces.count)], at: draw(bytes.count))
        default: bytes.remove(at: draw(bytes.count))
        }
      }
      do {
        let node = try parseYAML(bytes, named: "t.yaml")
        #expect(sameValue(try parsedYAML(ConfigPrinter.print(node)), node))
      } catch let error as Diagnostics {
        #expect(!error.items.isEmpty)
        #expect(!DiagnosticPrinter().text(error).isEmpty)
      }
    }
  }
}

/// Whether two trees mean the same; quotes matter only where the text would be read as something else.
func sameValue(_ a: ConfigNode, _ b: ConfigNode) -> Bool {
  if let x = a.list, let y = b.list { return x.count == y.count && zip(x, y).allSatisfy(sameValue) }
  if let x = a.map, let y = b.map {
    return x.count == y.count
      && zip(x, y).allSatisfy { Array($0.key.name.utf8) == Array($1.key.name.utf8) && sameValue($0.value, $1.value) }
  }
  guard let x = a.text, let y = b.text, a.isNull == b.isNull else { return false }
  return a.isNull || (Array(x.utf8) == Array(y.utf8) && a.number == b.number && a.boolean == b.boolean)
}
