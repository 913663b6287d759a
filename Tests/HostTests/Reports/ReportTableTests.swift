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
    #expect(text.contains("x, \"y\" | z\\_1 & \\textbf{55.00 $\\pm$ 7.07} & 3 \\\\"))
    #expect(text.contains("\\textless{}w\\textgreater{} & 40.00 & - \\\\") && text.contains("d & $-$1.23 & 1.5 \\\\"))
    #expect(
      text.contains("\\begin{tabular}{lrr}") && text.contains("\\caption{A \\& B. 100 \\%.}") && text.contains("\\label{tab:t}")
    )
    #expect(ReportTable.latex("\\#$^~{}") == "\\textbackslash{}\\#\\$\\textasciicircum{}\\textasciitilde{}\\{\\}")
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
