import Testing

@testable import Host

@Suite struct TextTableTests {
  @Test func numbersStandToTheRight() {
    let rows = [["a", "7.00", "x"], ["longer", "100.00"], ["b", "-", "3 words"]]
    let table = TextTable(header: ["name", "F1", "note"], rows: rows)
    #expect(
      table.description == """
        name        F1  note
        ------  ------  -------
        a         7.00  x
        longer  100.00
        b            -  3 words
        """)
  }

  @Test func aHeaderIsNotNeeded() {
    #expect(TextTable(rows: [["a", "1 ± 2"], ["bcd", "10 ± 20"]]).description == "a      1 ± 2\nbcd  10 ± 20")
    #expect(TextTable(rows: []).description.isEmpty)
    #expect(TextTable(header: ["a"], rows: []).description == "a\n-")
  }

  @Test func alignmentCanBeGiven() {
    let table = TextTable(rows: [["a", "IOB2", "1"], ["b", "1", "22"]], right: [1])
    #expect(table.description == "a  IOB2  1\nb     1  22")
  }

  @Test func wideCharactersTakeTwoColumns() {
    let table = TextTable(rows: [["東京", "x"], ["Oslo", "y"], ["e\u{301}", "z"]])
    #expect(table.description == "東京  x\nOslo  y\ne\u{301}     z")
  }
}
