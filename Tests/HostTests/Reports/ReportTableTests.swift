import FoundationEssentials
import Testing

@testable import Host

@Suite("Report tables") struct ReportTableTests {
  private let table = ReportTable(
    id: "t", title: "A & B", columns: ["name", "F1", "count"],
    rows: [
      [.text("x, \"y\" | z_1"), .summary(SampleSummary([0.5, 0.6])), .count(3)],
      [.text("<w>"), .percentage(0.4), .nothing], [.text("d"), .difference(-0.0123), .number(1.5, digits: 1)],
    ], notes: ["100 %."], best: [1])

  @Test func text() {
    #expect(
      table.written(.text) == """
        A & B

        name                    F1  count
        ------------  ------------  -----
        x, "y" | z_1  55.00 ± 7.07      3
        <w>                  40.00      -
        d                    −1.23    1.5

        100 %.

        """)
  }

  @Test func markdownQuotesBarsAndSetsTheBestInBold() {
    let lines = table.written(.markdown).split(separator: "\n").map(String.init)
    #expect(lines[0] == "### A & B" && lines[1] == "| name | F1 | count |" && lines[2] == "| --- | ---: | ---: |")
    #expect(lines[3] == "| x, \"y\" \\| z_1 | **55.00 ± 7.07** | 3 |" && lines[4] == "| <w> | 40.00 | - |")
  }

  @Test func latexIsEscaped() {
    let text = table.written(.latex)
    let name = "x, \\textquotedbl{}y\\textquotedbl{} \\textbar{} z\\_1"
    #expect(text.contains(name + " & \\textbf{55.00 $\\pm$ 7.07} & 3 \\\\"))
    #expect(text.contains("\\textless{}w\\textgreater{} & 40.00 & - \\\\") && text.contains("d & $-$1.23 & 1.5 \\\\"))
    #expect(
      text.contains("\\begin{tabular}{lrr}") && text.contains("\\caption{A \\& B. 100 \\%.}") && text.contains("\\label{tab:t}")
    )
    #expect(ReportTable.latex("\\#$^~{}") == "\\textbackslash{}\\#\\$\\textasciicircum{}\\textasciitilde{}\\{\\}")
  }

  /// LaTeX numbers captions itself, and takes a bracket behind a line's end for a height.
  @Test func latexReadsRowsAsTheyAre() {
    let table = ReportTable(
      id: "t", title: "Table 3: f1 by prompt", columns: ["list", "r"], rows: [[.text("[a, b]"), .number(-0.5, digits: 1)]])
    let text = table.written(.latex)
    #expect(text.contains("{}[a, b] & $-$0.5 \\\\") && text.contains("\\caption{F1 by prompt.}"), "\(text)")
  }

  @Test func bestIsWhatOthersAreBelow() {
    func best(_ values: Double...) -> [Bool] {
      let table = ReportTable(id: "t", title: "t", columns: ["F1"], rows: values.map { [.percentage($0)] }, best: [0])
      return values.indices.map { table.isBest(row: $0, column: 0) }
    }
    #expect(best(0.1, 0.3, 0.3) == [false, true, true] && best(0, 0) == [false, false] && best(0.5) == [false])
  }

  @Test func intervalsAndProbabilities() throws {
    let table = ReportTable(
      id: "t", title: "t", columns: ["of it", "p"],
      rows: [
        [.interval(low: -0.012, high: 0.03, signed: true), .probability(1e-9)],
        [.interval(low: 0.4, high: 0.5, signed: false), .probability(0.0123)], [.nothing, .nothing],
      ])
    #expect(
      table.rows[0].map(\.shown) == ["−1.20 – +3.00", "<0.0001"] && table.rows[1].map(\.shown) == ["40.00 – 50.00", "0.0123"])
    #expect(table.written(.csv) == "of it low,of it high,p\n-0.012,0.03,1e-09\n0.4,0.5,0.0123\n,,\n")
    #expect(try JSONValue.parse(table.written(.json))["rows"]?.items?[0].items?[0]["high"]?.number == 0.03)
  }

  @Test func csvHasWholeNumbersAndTheDeviationBeside() {
    #expect(
      table.written(.csv) == """
        name,F1,F1 std,count
        "x, ""y"" | z_1",0.55,0.07071067811865474,3
        <w>,0.4,,
        d,-0.0123,,1.5

        """)
  }

  @Test func jsonHasValues() throws {
    let json = try JSONValue.parse(table.written(.json))
    let rows = try #require(json["rows"]?.items)
    #expect(json["id"]?.text == "t" && rows[0].items?[1]["mean"]?.number == 0.55 && rows[1].items?[1].number == 0.4)
    #expect(rows[0].items?[1]["count"]?.number == 2)
  }
}
