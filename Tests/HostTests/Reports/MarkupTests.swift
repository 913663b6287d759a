import Testing

@testable import Host

@Suite struct MarkupTests {
  @Test func textIsEscapedWhereverItStands() {
    let hostile = "<script>alert(\"1\")</script> & 'x' \u{0}\u{8}"
    let page = element("p", ["title": hostile, "class": nil]) { hostile }
    #expect(!page.source.contains("<script") && !page.source.contains("class") && !page.source.unicodeScalars.contains("\u{0}"))
    let read = MarkupReader(page.source)
    #expect(read.faults.isEmpty && read.elements.count == 1)
    let shown = "<script>alert(\"1\")</script> & 'x' \u{FFFD}\u{FFFD}"
    #expect(read.elements[0].text == shown && read.elements[0].attributes == ["title": shown])
  }

  @Test func piecesAreBuiltInOrder() {
    let page = element("ul") {
      for i in 0..<3 {
        if i > 1 { element("hr") }
        if i == 0 { "&" } else { element("li") { "\(i)" } }
      }
    }
    #expect(page.source == "<ul>&amp;<li>1</li><hr/><li>2</li></ul>")
    #expect(element("td") {}.source == "<td></td>")
  }

  @Test func rawTextCannotEndItsElement() throws {
    #expect(try Markup.raw("a < b && c > d").source == "a < b && c > d")
    for text in ["x</script>", "<!-- x", "</"] { #expect(throws: Markup.UnsafeContent.self) { try Markup.raw(text) } }
    #expect(throws: Never.self) { try Markup.raw(PageScript.text) + Markup.raw(PageStyle.text) }
  }
}
