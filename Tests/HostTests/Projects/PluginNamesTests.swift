import PluginAPI
import Testing

@testable import Host

struct PluginNamesTests {
  @Test(arguments: [
    ("notes", "notes", "Notes"), ("my-notes", "my-notes", "MyNotes"), ("MyNotes", "my-notes", "MyNotes"),
    ("HTTPNotes", "http-notes", "HttpNotes"), ("top10", "top10", "Top10"), ("a-2", "a-2", "A2"),
  ])
  func `a name gives id and module`(name: String, id: String, module: String) throws {
    let names = try PluginNames(name)
    #expect(names.id == id && names.module == module)
    #expect(names.snake == String(id.map { $0 == "-" ? "_" : $0 }))
  }

  @Test(arguments: [
    "", "-", "9lives", "my notes", "my--notes", "-notes", "notes-", "../notes", "a/b", "naïve", "x;y",
    String(repeating: "x", count: 61),
  ])
  func `a name that nothing could be called is refused`(name: String) {
    #expect(loadingFault { try PluginNames(name) }?.code == "C120")
  }

  @Test(arguments: ["loss", "Encoder", "plugin-api", "swift", "json"])
  func `so is one that hides a module or a type`(name: String) {
    let fault = loadingFault { try PluginNames(name) }
    #expect(fault?.code == "C120" && fault?.hint?.contains("my-") == true)
  }

  @Test func `the message says what would do`() {
    #expect(loadingFault { try PluginNames("my notes") }?.hint == "did you mean `my-notes`?")
    #expect(loadingFault { try PluginNames("-9") }?.hint == "e.g. `my-notes`")
  }
}
