import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Grids", .serialized) struct GridTests {
  private let lab: Lab

  init() throws {
    lab = try Lab()
    try lab.write(
      """
      extends: experiment.yaml
      training: {epochs: 2}
      sweep:
        loss.options: {kl: {cooperation: kl}, l2: {cooperation: l2}, none: {cooperation: none}}
        training.learningRates.encoder: [1e-3, 2e-3]
        seed: [1, 2]
      """, to: "grid.yaml")
  }

  private func axis(_ text: String) throws -> [SweepAxis] {
    let path = lab.path("axis.yaml")
    try lab.write(text, to: "axis.yaml")
    return try SweepAxis.axes(of: readYAML(path: path))
  }

  @Test func axesAreListsOrLabelledValues() throws {
    let axes = try axis("a.b: [x, {c: 1, d: [2, 3]}]\nseed: [4]\ne: {one: 1}\n")
    #expect(axes.map(\.name) == ["a.b", "seed", "e"])
    #expect(axes[0].choices.map(\.label) == ["x", "{c: 1, d: [2, 3]}"] && axes[2].choices.map(\.label) == ["one"])
    #expect(axes[1].isSeed && !axes[0].isSeed)
    let given = try SweepAxis(argument: "a.b=x,y", index: 0)
    #expect(given.name == "a.b" && given.choices.map(\.label) == ["x", "y"])
    #expect(try SweepAxis(argument: "a=[{b: 1}, 2]", index: 0).choices.map(\.label) == ["{b: 1}", "2"])
    for wrong in ["a: 3", "a: []", "a..b: [1]", "seed: [x]", "seed: {a: 1, b: 1}", "a: [1, 1]", "plugins.crf: [x]", "- a"] {
      #expect(throws: (any Error).self, "\(wrong)") { try axis(wrong + "\n") }
    }
    for wrong in ["a", "a=", "a=[1"] {
      #expect(throws: (any Error).self, "\(wrong)") { try SweepAxis(argument: wrong, index: 0) }
    }
  }

  @Test func settingsAreLayersOfValuesThatGoTogether() throws {
    try lab.write(
      "extends: experiment.yaml\nsweep:\n  settings:\n    a: {}\n    b: {training: {epochs: 3}, loss: {options: {cooperation: l2}}}\n",
      to: "settings.yaml")
    let path = lab.path("settings.yaml"), tree = try loadConfiguration(path: path)
    let grid = try Grid(tree: tree, axes: try SweepAxis.axes(of: #require(tree["sweep"])), path: path)
    #expect(grid.cells.map(\.name) == ["settings=a", "settings=b"])
    let experiments = grid.runs.map(\.experiment)
    #expect(experiments.map(\.training.epochs) == [12, 3] && experiments.allSatisfy { $0.training.batch == 3 })
    for wrong in ["settings: [1]", "settings: {a: {extends: x.yaml}}", "settings: {a: 3}"] {
      #expect(throws: (any Error).self, "\(wrong)") { try axis(wrong + "\n") }
    }
  }

  @Test func faultsOfCellsAreToldBeforeAnythingRuns() throws {
    let result = try lab.calm(
      "run", lab.config, "--out", lab.path("wrong"), "--sweep", "loss.options.temperature=1,1e9", "--seeds", "1,2")
    #expect(result.code == 2 && result.errors.contains("temperature"), "\(result.errors)")
    #expect(result.errors.contains("1 fault"), "the same fault of two seeds is told once: \(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: lab.path("wrong")))
    #expect(try lab.calm("run", lab.config, "--jobs", "2").code == 2)
    let train = try lab.calm("train", lab.path("grid.yaml"), "--out", lab.path("wrong"))
    #expect(train.code == 2 && train.errors.contains("grid.yaml:4"), "\(train.errors)")
    let check = try lab.calm("check", lab.path("grid.yaml"))
    #expect(check.code == 0 && check.output.contains("12 runs in 6 cells"), "\(check.errors)")
    #expect(check.output.components(separatedBy: "ok  rehearsal").count == 7)
    #expect(try lab.calm("run", lab.config, "--seeds", "1", "--shard", "3/2").code == 2)
  }

  @Test func dryRunListsAndRunsNothing() throws {
    let result = try lab.calm("run", lab.path("grid.yaml"), "--dry-run", "--out", lab.path("dry"), "--format", "json")
    #expect(result.code == 0, "\(result.errors)")
    let rows = try #require(try JSONValue.parse(result.output).items)
    #expect(rows.count == 12 && rows[0]["run"]?.text == "options=kl,encoder=1e-3/seed-1", "\(result.output)")
    #expect(rows.allSatisfy { ($0["seconds"]?.number ?? 0) > 0 })
    #expect(!FileManager.default.fileExists(atPath: lab.path("dry")))
    // What is finished is not counted, nor what is another shard's.
    let grid = ["run", lab.config, "--out", lab.path("some"), "--set", "training.epochs=1", "--seeds"]
    #expect(try lab.calm(grid + ["1"]).code == 0)
    let some = try lab.calm(grid + ["1,2,3", "--resume", "--dry-run", "--shard", "1/2"])
    let lines = some.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == 5 && lines[2] == ["seed-1", "finished"] && lines[3][0] == "seed-3", "\(some.output)\(some.errors)")
    #expect(some.output.contains("1 of 2 runs are finished"))
  }

  /// The whole grid, uninterrupted; then killed three times with SIGKILL and resumed; then in two shards with two jobs.
  @Test func killedAndResumedGivesTheSameResults() throws {
    let grid = lab.path("grid.yaml")
    let whole = try lab.calm("run", grid, "--out", lab.path("whole"), "--quiet")
    #expect(whole.code == 0 && whole.output.contains("l2"), "\(whole.errors)")
    let results = try lab.json("whole/results.json")
    #expect(results["cells"]?.items?.count == 6)
    let first = results["cells"]?.items?.first
    #expect(
      first?["values"]?["loss.options"]?.text == "kl" && first?["summary"]?["test"]?["with"]?["f1"]?["std"]?.number != nil)

    let script = """
      finished() { find "\(lab.path("killed"))" -mindepth 3 -name results.json 2> /dev/null | wc -l; }
      for count in 1 4 9; do
        "\(Lab.program)" run "\(grid)" --out "\(lab.path("killed"))" --resume --quiet > /dev/null 2>&1 & pid=$!
        until [ $(finished) -ge $count ] || ! kill -0 $pid 2> /dev/null; do sleep 0.01; done
        [ $count = 4 ] && signal=INT || signal=KILL
        kill -$signal $pid; wait $pid; echo $?
        sleep 0.5
      done
      """
    let kills = try ChildProcess.run(["/bin/bash", "-c", script], timeout: .seconds(120))
    // Killed, interrupted with what is done saved, killed.
    #expect(String(decoding: kills.output, as: UTF8.self) == "137\n130\n137\n")
    let done = try lab.json("killed/results.json")["cells"]?.items?.compactMap { $0["finished"]?.number }.reduce(0, +)
    #expect((4..<12).contains(done ?? 0), "it was not interrupted in the middle")
    let refused = try lab.calm("run", grid, "--out", lab.path("killed"))
    #expect(refused.code == 6 && refused.errors.contains("--resume"), "\(refused.errors)")
    let resumed = try lab.calm("run", grid, "--out", lab.path("killed"), "--resume", "--quiet")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try lab.bytes("killed/results.json") == lab.bytes("whole/results.json"))

    for shard in ["2/2", "1/2"] {
      let part = try lab.calm("run", grid, "--out", lab.path("shards"), "--resume", "--shard", shard, "--quiet")
      #expect(part.code == 0, "\(part.errors)")
      let finished = try lab.json("shards/results.json")["cells"]?.items?.compactMap { $0["finished"]?.number }.reduce(0, +)
      #expect(finished == (shard == "2/2" ? 6 : 12))
    }
    #expect(try lab.bytes("shards/results.json") == lab.bytes("whole/results.json"))
    // Finished runs are not run again.
    let before = try FileManager.default.attributesOfItem(atPath: lab.path("whole/options=kl,encoder=1e-3/seed-1/results.json"))
    #expect(try lab.calm("run", grid, "--out", lab.path("whole"), "--resume", "--quiet").code == 0)
    let after = try FileManager.default.attributesOfItem(atPath: lab.path("whole/options=kl,encoder=1e-3/seed-1/results.json"))
    #expect(before[.modificationDate] as? Date == after[.modificationDate] as? Date)
    // Nor are those of another configuration taken for them.
    let other = try lab.calm("run", grid, "--out", lab.path("whole"), "--resume", "--set", "training.epochs=1")
    #expect(other.code == 6 && other.errors.contains("another configuration"), "\(other.errors)")
  }

  @Test func oneFailureDoesNotStopTheOthers() throws {
    let result = try lab.calm(
      "run", lab.config, "--out", lab.path("part"), "--set", "training.epochs=1", "--jobs", "2", "--sweep",
      "encoder.options.model=[\(lab.path("model")), \(lab.path("nowhere"))]", "--seeds", "1,2", "--format", "json")
    #expect(
      result.code == 1 && result.errors.contains("2 of 4 runs failed") && result.errors.contains("nowhere"), "\(result.errors)")
    let finished = try JSONValue.parse(result.output)["cells"]?.items?.compactMap { $0["finished"]?.number }
    #expect(finished == [2, 0], "\(result.output)")
  }
}
