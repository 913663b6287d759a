import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

/// Every experiment file in the tree is one, with options that its plugins know.
@Suite("Example files") struct ExamplesTests {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
  private static let files: [String] = {
    let folders = ["Examples", "Examples/paper", "Examples/small"]
    let found = folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []).map { "\(folder)/\($0)" }
    }
    return ["plugins.yaml"] + found.filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("/published.yaml") }.sorted()
  }()

  @Test(arguments: files) func isAnExperiment(_ file: String) throws {
    let path = "\(Self.root)/\(file)"
    let tree = try loadConfiguration(path: path)
    guard let sweep = tree["sweep"] else {
      _ = try Experiment(path: path)
      return
    }
    let grid = try Grid(tree: tree, axes: try SweepAxis.axes(of: sweep), path: path)
    #expect(grid.runs.count >= 3)
  }

  @Test func thePapersGridIsWhole() throws {
    let path = Self.root + "/Examples/paper/table3.yaml", tree = try loadConfiguration(path: path)
    let grid = try Grid(tree: tree, axes: try SweepAxis.axes(of: #require(tree["sweep"])), path: path)
    #expect(grid.runs.count == 135)
    let prompts = Set(grid.runs.compactMap(\.experiment.prompt))
    #expect(prompts.count == 15 + 6, "those with the persona differ for BC5CDR")
    let encoders = grid.runs.map(\.experiment.encoder.id)
    #expect(encoders.count { $0 == "biobert" } == 45 && encoders.count { $0 == "xlm-r" } == 90)
  }
}
