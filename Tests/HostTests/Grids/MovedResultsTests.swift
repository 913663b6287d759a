import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Results of machines with other folders.
@Suite("Moved results") struct MovedResultsTests {
  private let lab: Lab
  private var elsewhere: String { lab.folder + "-elsewhere" }

  init() throws {
    lab = try Lab()
    try lab.write("extends: experiment.yaml\nsweep:\n  training.batch: [2, 3]\n  seed: [1, 2]\n", to: "grid.yaml")
    let grid = try grid(in: lab.folder)
    for run in grid.runs {
      let folder = lab.path("runs/\(run.folder)")
      try makeFolder(folder)
      try FileBytes.write(run.configuration, to: folder + ".yaml")
      try FileBytes.write(ConfigPrinter.print(run.experiment.resolved), to: folder + "/config.yaml")
      try FileBytes.write("{}", to: folder + "/results.json")
    }
  }

  private func grid(in folder: String, set: String...) throws -> Grid {
    let path = folder + "/grid.yaml", tree = try loadConfiguration(path: path, overrides: set)
    return try Grid(tree: tree, axes: SweepAxis.axes(of: #require(tree["sweep"])), path: path)
  }

  private func finished(_ grid: Grid) throws -> [Bool] {
    let runner = GridRunner(grid: grid, folder: elsewhere + "/runs", jobs: 1)
    return try grid.runs.map { try runner.isFinished($0) }
  }

  private func summedUp(_ grid: Grid) throws -> [Int] {
    try GridResults(grid, folder: elsewhere + "/runs").cells.map(\.finished)
  }

  @Test func runsOfAnotherMachineCount() throws {
    defer { try? FileManager.default.removeItem(atPath: elsewhere) }
    try FileManager.default.moveItem(atPath: lab.folder, toPath: elsewhere)
    let same = try grid(in: elsewhere, set: "threads=2")
    #expect(try finished(same) == [true, true, true, true])
    #expect(try summedUp(same) == [2, 2])
    let other = try grid(in: elsewhere, set: "training.epochs=1")
    #expect {
      _ = try finished(other)
    } throws: { error in
      let fault = error as? Diagnostic
      return fault?.code == "S605" && fault?.message.contains("training.epochs") == true
    }
    #expect(try summedUp(other) == [0, 0])
    // Of the same words in a file of another folder nothing is known.
    try makeFolder(elsewhere + "/nested")
    for name in ["experiment.yaml", "train.conll", "dev.conll", "test.conll"] {
      try FileManager.default.copyItem(atPath: "\(elsewhere)/\(name)", toPath: "\(elsewhere)/nested/\(name)")
    }
    let grids = try FileBytes.read(elsewhere + "/grid.yaml")
    let nested = String(decoding: grids, as: UTF8.self).replacing("extends: ", with: "extends: nested/")
    try FileBytes.write(nested, to: elsewhere + "/grid.yaml")
    #expect(try summedUp(grid(in: elsewhere)) == [0, 0])
  }

  @Test func filesThatAreStillThereAreOthers() throws {
    defer { try? FileManager.default.removeItem(atPath: elsewhere) }
    try FileManager.default.copyItem(atPath: lab.folder, toPath: elsewhere)
    let copy = try grid(in: elsewhere)
    #expect(throws: Diagnostic.self) { try finished(copy) }
    #expect(try summedUp(copy) == [0, 0])
    // In their own place they count as they always did, also without the line that tells how they were written.
    let own = try grid(in: lab.folder, set: "threads=2")
    let runner = GridRunner(grid: own, folder: lab.path("runs"), jobs: 1)
    for run in own.runs {
      try FileBytes.write(ConfigPrinter.print(run.experiment.resolved), to: lab.path("runs/\(run.folder).yaml"))
    }
    #expect(try own.runs.allSatisfy { try runner.isFinished($0) })
  }
}
