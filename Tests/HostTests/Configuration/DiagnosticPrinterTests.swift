import PluginAPI
import Testing

@testable import Host

struct DiagnosticPrinterTests {
  private func excerpt(_ line: String, column: Int, length: Int = 1, hint: String? = nil) -> [String] {
    let mark = SourceMark(file: "--set #1", line: 1, column: column, length: length)
    let item = Diagnostic("X000", "m", mark: mark, hint: hint)
    return DiagnosticPrinter(virtualSources: ["--set #1": line]).text(item).split(separator: "\n").map(String.init)
  }

  @Test func looksAsDocumented() throws {
    let folder = try ConfigFolder()
    let path = try folder.write("plugins.yaml", String(repeating: "\n", count: 40) + "      temprature: 0.3\n")
    let item = Diagnostic(
      "C101", "unknown key `temprature` in options of plugin `kl-cooperative`",
      mark: SourceMark(file: path, line: 41, column: 7, length: 10), hint: "did you mean `temperature`?",
      notes: ["known keys: temperature, weight"])
    #expect(
      DiagnosticPrinter().text(Diagnostics([item])).replacing(folder.path + "/", with: "") == """
        error[C101]: unknown key `temprature` in options of plugin `kl-cooperative`
          --> plugins.yaml:41:7
           |
        41 |       temprature: 0.3
           |       ^^^^^^^^^^ did you mean `temperature`?
           = known keys: temperature, weight
           = explain: calm explain C101

        error: 1 fault in plugins.yaml
        """)
  }

  @Test func sortsByPlaceAndCounts() throws {
    let folder = try ConfigFolder()
    let a = try folder.write("a.yaml", "x: 1\n")
    func item(_ message: String, _ file: String?, _ line: Int = 1, _ column: Int = 1) -> Diagnostic {
      Diagnostic("C101", message, mark: file.map { SourceMark(file: $0, line: line, column: column) })
    }
    let text = DiagnosticPrinter().text(
      Diagnostics([
        item("six", nil), item("four", a, 10), item("three", a, 2), item("two", a, 1, 4), item("five", "b"), item("one", a),
      ]))
    let order = ["one", "two", "three", "four", "five", "six"].compactMap { text.firstRange(of: ": \($0)\n")?.lowerBound }
    #expect(order.count == 6)
    #expect(order == order.sorted())
    #expect(text.hasSuffix("error: 6 faults in \(a), b"))
  }

  @Test func withoutAPlaceThereAreOnlyNotes() {
    #expect(
      DiagnosticPrinter().text(Diagnostics([Diagnostic("C110", "cannot read `x`", notes: ["note"])])) == """
        error[C110]: cannot read `x`
           = note
           = explain: calm explain C110

        error: 1 fault
        """)
  }

  @Test func aFileThatIsGoneStillGivesThePlace() {
    let item = Diagnostic("C101", "m", mark: SourceMark(file: "/none.yaml", line: 3, column: 2), hint: "h")
    #expect(
      DiagnosticPrinter().text(item) == "error[C101]: m\n --> /none.yaml:3:2\n  = hint: h\n  = explain: calm explain C101")
  }

  @Test func overridesAreQuotedFromTheCommandLine() throws {
    let folder = try ConfigFolder()
    let arguments = ["seed=2", "loss.temprature=[1"]
    let found = configFaults { try loadConfiguration(path: folder.write("e.yaml", ""), overrides: arguments) }
    let text = DiagnosticPrinter(virtualSources: overrideSources(arguments)).text(Diagnostics(found))
    #expect(text.contains(" --> --set #2:1:17\n  |\n1 | loss.temprature=[1\n  |                 ^ "))
    #expect(text.hasSuffix("error: 1 fault in --set #2"))
  }

  @Test func caretsStandBelowWideText() {
    #expect(excerpt("\tkey: x", column: 7)[3...] == ["1 |     key: x", "  |          ^"])
    #expect(excerpt("漢字: 値段", column: 5, length: 2)[3...] == ["1 | 漢字: 値段", "  |       ^^^^"])
    #expect(excerpt("e\u{301}: x", column: 5)[4] == "  |    ^")
    #expect(excerpt("👩‍👩‍👧: x", column: 8)[4] == "  |     ^")
    #expect(excerpt("ab", column: 9)[4] == "  |   ^")
    #expect(excerpt("ab", column: 2, length: 99, hint: "h")[4] == "  |  ^ h")
  }

  @Test func terminalsAreNotGivenControlCharacters() {
    let lines = excerpt("a\u{1B}[31m\u{202E}: x", column: 10)
    #expect(lines[3] == "1 | a\\u{1B}[31m\\u{202E}: x")
    #expect(lines[4] == "  | " + String(repeating: " ", count: 21) + "^")
    let mark = SourceMark(file: "f\u{7}", line: 1, column: 1)
    let item = Diagnostic("X000", "a\u{1B}b\nc", mark: mark, hint: "\u{8}", notes: ["\r"])
    let text = DiagnosticPrinter().text(Diagnostics([item]))
    #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    #expect(text.hasPrefix("error[X000]: a\\u{1B}b\\nc\n"))
  }

  @Test func longLinesAreCut() {
    func long(_ letter: String) -> String { String(repeating: letter, count: 5000) }
    let lines = excerpt(long("a") + "FAULT" + long("b"), column: 5001, length: 5)
    #expect(lines[3].count < 180)
    let start = lines[3].firstIndex(of: "F").map { lines[3].distance(from: lines[3].startIndex, to: $0) }
    let caret = lines[4].firstIndex(of: "^").map { lines[4].distance(from: lines[4].startIndex, to: $0) }
    #expect(start == caret)
    #expect(lines[4].hasSuffix(" ^^^^^"))
    #expect(excerpt(long("a"), column: 1, length: 5000)[4].count < 180)
  }

  @Test func linesAreCountedAsTheFormatDoes() throws {
    let folder = try ConfigFolder()
    let yaml = try folder.write("a.yaml", "\u{FEFF}a: 1\r\nb: 2\u{2028}c: 3\rd: 4")
    let data = try folder.write("a.conll", "a\u{2028}\rb O\nc O\r\n")
    func line(_ code: String, _ file: String, _ line: Int) -> String? {
      DiagnosticPrinter().text(Diagnostic(code, "m", mark: SourceMark(file: file, line: line, column: 1)))
        .split(separator: "\n").first { $0.hasPrefix("\(line) |") }.map(String.init)
    }
    #expect((1...5).map { line("C101", yaml, $0) } == ["1 | a: 1", "2 | b: 2", "3 | c: 3", "4 | d: 4", nil])
    #expect(line("D201", data, 2) == "2 | c O")
  }

  @Test func oneLineHasThePlaceAndTheHint() {
    let mark = SourceMark(file: "f", line: 2, column: 3)
    #expect(DiagnosticPrinter.line(Diagnostic("D204", "m", mark: mark, hint: "h")) == "f:2:3: m [D204]; h")
    #expect(DiagnosticPrinter.line(Diagnostic("D204", "a\nb")) == "a\\nb [D204]")
  }

  @Test func coloursOnlyWhereAsked() {
    let item = Diagnostic("C101", "m", mark: SourceMark(file: "s", line: 1, column: 1), hint: "h")
    #expect(!DiagnosticPrinter(virtualSources: ["s": "x"]).text(item).contains("\u{1B}"))
    #expect(DiagnosticPrinter(color: true, virtualSources: ["s": "x"]).text(item).hasPrefix("\u{1B}[1;31merror[C101]\u{1B}[0m"))
  }
}
