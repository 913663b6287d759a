import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// Every public symbol of the SDK is documented, and the reference builds without a warning.
struct ReferenceTests {
  @Test(arguments: ["PluginAPI", "CalmNumerics", "Weights"])
  func `every public symbol says what it is, and what it throws`(module: String) throws {
    let shell = try Shell()
    defer { shell.remove() }
    let made = try shell.run(
      """
      swift symbolgraph-extract -module-name \(module) -I '\(Shell.products)/Modules' -output-dir . \
        -I '\(Shell.checkout)/Sources/PluginAPI/CPluginABI/include' -target "$(uname -m)-unknown-linux-gnu" \
        -minimum-access-level public
      """)
    try #require(made != nil)
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(shell.folder)/\(module).symbols.json"))
    // What the compiler adds to types, such as `hashValue`, has no source of its own.
    let symbols = try JSONDecoder().decode(Graph.self, from: data).symbols.filter {
      !$0.identifier.precise.contains("::SYNTHESIZED::")
    }
    #expect(symbols.count > 50)
    for symbol in symbols {
      let name = symbol.pathComponents.joined(separator: ".")
      let text = symbol.docComment?.lines.map(\.text).joined(separator: " ") ?? ""
      let isEmpty = text.allSatisfy(\.isWhitespace)
      #expect(!isEmpty, "\(name) has no documentation comment")
      let throwing = symbol.declarationFragments?.contains { $0.spelling == "throws" } == true
      if throwing { #expect(text.contains("hrow"), "\(name) does not say what it throws") }
    }
  }

  @Test func `the reference builds without a warning`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let output = try shell.run("'\(Shell.checkout)/Scripts/docs' '\(shell.folder)/docs'")
    #expect(output?.contains("the reference is in") == true)
    for page in ["pluginapi/augmentor", "calmnumerics/tensor", "weights/checkpoint"] {
      #expect(FileManager.default.fileExists(atPath: "\(shell.folder)/docs/documentation/\(page)/index.html"), "\(page)")
    }
  }

  private struct Graph: Decodable {
    struct Symbol: Decodable {
      struct Identifier: Decodable { var precise: String }
      struct Fragment: Decodable { var spelling: String }
      struct Comment: Decodable {
        struct Line: Decodable { var text: String }
        var lines: [Line]
      }
      var identifier: Identifier
      var pathComponents: [String]
      var declarationFragments: [Fragment]?
      var docComment: Comment?
    }
    var symbols: [Symbol]
  }
}
