import FoundationEssentials
import Testing

@testable import Host

struct ErrorCodesTests {
  @Test func codesAreWellFormedAndUnique() {
    let codes = ErrorCode.all.map(\.code)
    #expect(Set(codes).count == codes.count)
    for entry in ErrorCode.all {
      #expect(entry.code.wholeMatch(of: /[CDPMNST][0-9]{3}/) != nil)
      #expect(!entry.title.isEmpty && entry.title.count < 60)
      #expect(entry.text.count > 80, "\(entry.code)")
      #expect(exitCode(for: entry.code) > 1)
    }
  }

  @Test func lookup() {
    #expect(ErrorCode.find("c101")?.title == "unknown key")
    #expect(ErrorCode.find("C999") == nil)
    #expect(ErrorCode.nearest(to: "C1O1")?.code == "C101")
    #expect(ErrorCode.nearest(to: "nonsense") == nil)
  }

  @Test func exitCodesFollowTheCategory() {
    let expected: [(String, Int32)] = [
      ("C100", 2), ("D201", 3), ("P301", 4), ("M401", 4), ("T701", 4), ("N501", 5), ("S601", 6), ("", 1),
    ]
    for (code, exit) in expected { #expect(exitCode(for: code) == exit) }
  }

  /// Whatever code the program or a plugin can print, `calm explain` knows.
  @Test func allCodesInUseAreExplained() throws {
    var root = try #require(canonicalPath(#filePath))[...]
    for _ in 0..<4 { root = root[..<(root.lastIndex(of: "/") ?? root.startIndex)] }
    let files = sources("\(root)/Sources") + sources("\(root)/Plugins")
    #expect(files.count > 20)
    for file in files {
      let text = String(decoding: try #require(FileManager.default.contents(atPath: file)), as: UTF8.self)
      for match in text.matches(of: /"([CDPMNST][0-9]{3})"/) {
        #expect(ErrorCode.find(String(match.1)) != nil, "\(match.1) in \(file)")
      }
    }
  }

  /// The Swift files below a folder, without what builds leave there.
  private func sources(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { !$0.hasPrefix(".") }.flatMap { name in
      name.hasSuffix(".swift") ? [folder + "/" + name] : sources(folder + "/" + name)
    }
  }
}
