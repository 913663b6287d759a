import PluginAPI
import TestSupport
import Testing

@testable import Host

/// What a cell's experiment is, whatever the order of the axes.
@Suite("Order of axes") struct SweepOrderTests {
  private let lab: Lab
  private let settings = "  settings: {small: {}, large: {encoder: {plugin: xlm-r, options: {model: other}}}}\n"

  init() throws { lab = try Lab() }

  private func cells(_ axes: [String], set: [String] = []) throws -> [(values: [String: String], experiment: Experiment)] {
    try lab.write("extends: experiment.yaml\nsweep:\n" + axes.joined(), to: "grid.yaml")
    let path = lab.path("grid.yaml"), tree = try loadConfiguration(path: path, overrides: set)
    let grid = try Grid(tree: tree, axes: SweepAxis.axes(of: #require(tree["sweep"])), path: path)
    return try grid.cells.map { cell in
      (Dictionary(uniqueKeysWithValues: cell.values.map { ($0.path, $0.label) }), try #require(cell.runs.first).experiment)
    }
  }

  private func differ(_ cells: [(values: [String: String], experiment: Experiment)]) -> Bool {
    Set(cells.map(\.experiment.fingerprint)).count == cells.count
  }

  @Test func whatIsSetHoldsForEveryPluginOfAGrid() throws {
    let cells = try cells([settings], set: ["encoder.options.precision=bf16"])
    #expect(cells.map(\.experiment.encoder.id) == ["biobert", "xlm-r"])
    #expect(cells.map { $0.experiment.encoder.options["precision"]?.text } == ["bf16", "bf16"])
    #expect(cells.map { $0.experiment.encoder.options["model"]?.text } == [lab.path("model"), lab.path("other")])
  }

  @Test(arguments: [false, true]) func settingsAndOptionsMeetInAnyOrder(_ turned: Bool) throws {
    let axes = ["  encoder.options.precision: [fp32, bf16]\n", settings]
    let cells = try cells(turned ? axes.reversed() : axes)
    #expect(cells.count == 4 && differ(cells))
    for (values, experiment) in cells {
      #expect(experiment.encoder.options["precision"]?.text == values["encoder.options.precision"])
      #expect(experiment.encoder.id == (values["settings"] == "large" ? "xlm-r" : "biobert"))
    }
    // Names and their order are as they are written: the last axis runs fastest.
    let first = turned ? "settings" : "encoder.options.precision"
    #expect(cells[0].values[first] == cells[1].values[first] && cells[1].values[first] != cells[2].values[first])
  }

  @Test(arguments: [false, true]) func pluginsComeBeforeTheirOptions(_ turned: Bool) throws {
    let axes = ["  encoder.options.model: [m1, m2]\n", "  encoder.plugin: [biobert, xlm-r]\n"]
    let cells = try cells(turned ? axes.reversed() : axes)
    #expect(cells.count == 4 && differ(cells))
    for (values, experiment) in cells {
      #expect(experiment.encoder.id == values["encoder.plugin"])
      #expect(experiment.encoder.options["model"]?.text == lab.path(values["encoder.options.model"] ?? ""))
    }
  }

  @Test(arguments: [false, true]) func optionsOfALayerAreForThePluginOfAnAxis(_ turned: Bool) throws {
    let axes = [
      "  settings: {low: {encoder: {options: {model: m, precision: bf16}}}, high: {encoder: {options: {model: m}}}}\n",
      "  encoder.plugin: [biobert, xlm-r]\n",
    ]
    let cells = try cells(turned ? axes.reversed() : axes)
    #expect(cells.count == 4 && differ(cells))
    for (values, experiment) in cells {
      #expect(experiment.encoder.id == values["encoder.plugin"])
      #expect(experiment.encoder.options["precision"]?.text == (values["settings"] == "low" ? "bf16" : "fp32"))
    }
  }

  @Test func aSweepWinsOverTheSameValueAlone() throws {
    let sweep = "  loss.options: {kl: {cooperation: kl}, l2: {cooperation: l2}}\n"
    let cells = try cells([sweep], set: ["loss.options.temperature=0.7", "loss.options.cooperation=none"])
    #expect(cells.map { $0.experiment.loss.options["cooperation"]?.text } == ["kl", "l2"])
    #expect(cells.map { $0.experiment.loss.options["temperature"]?.number } == [0.7, 0.7])
    // Options that came along with a plugin go with it.
    let encoder = "  encoder: {a: {plugin: biobert, options: {model: m}}, b: {plugin: xlm-r, options: {model: m}}}\n"
    let others = try self.cells([encoder], set: ["encoder={plugin: llama2, options: {unknown: 1}}"])
    #expect(others.map(\.experiment.encoder.id) == ["biobert", "xlm-r"])
  }

  @Test(arguments: [
    "a: [0.3, 0.30]", "a: [3e-1, 0.3]", "a: {one: 1, also: 1.0}", "a: [[1, x], [1.0, x]]", "a: [{b: 1, c: 2}, {c: 2, b: 1}]",
  ]) func valuesAreTakenOnce(_ sweep: String) throws {
    try lab.write(sweep, to: "axis.yaml")
    #expect {
      _ = try SweepAxis.axes(of: readYAML(path: lab.path("axis.yaml")))
    } throws: { error in
      let fault = error as? Diagnostic
      return fault?.code == "C104" && fault?.message.contains("are the same value") == true
    }
  }
}
