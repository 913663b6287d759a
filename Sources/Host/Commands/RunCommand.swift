import ArgumentParser
import FoundationEssentials
import PluginAPI

/// `calm run`: fetch, augment, train, evaluate, report.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Augment, train and evaluate an experiment.")

  @OptionGroup var experiment: ExperimentOptions
  @OptionGroup var output: RunOutputOptions
  @OptionGroup var common: CommonOptions

  @Option(help: "How the results are printed: text or json.")
  var format = OutputFormat.text

  @OptionGroup var grid: GridOptions

  mutating func run() async throws {
    common.apply()
    let tree = try loadConfiguration(path: experiment.config, overrides: experiment.overrides)
    let axes = try grid.axes(tree)
    guard !axes.isEmpty else {
      try grid.refuseWithoutAxes()
      let loaded = try Experiment(node: tree, path: experiment.config)
      let folder = try output.folder(for: loaded)
      let results = try await Session(loaded, folder: folder).run(resume: output.resume, command: resumeCommand(folder))
      return Console.shared.result(format == .json ? results.json : results.table)
    }
    let all = try Grid(tree: tree, axes: axes, path: experiment.config)
    guard let first = all.runs.first else { return }
    let folder = try output.folder(for: first.experiment)
    let runner = GridRunner(grid: all, folder: folder, jobs: grid.jobs, shard: try grid.parsedShard())
    if grid.dryRun { return try await GridForecast(runner: runner).print(format) }
    for model in all.runs.map(\.experiment) { try fetchModels(model) }
    let failed = try runner.run()
    let results = try GridResults(all, folder: folder)
    try FileBytes.write(results.json + "\n", to: folder + "/results.json")
    if results.cells.contains(where: { $0.finished > 0 }) { Report.leave(in: folder) }
    Console.shared.result(format == .json ? results.json : results.table(all))
    if Interruption.isRequested {
      Console.shared.alarm("interrupted; what was done is saved. Go on with:\n  \(resumeCommand(folder))")
      throw ExitStatus.interrupted
    }
    guard failed.isEmpty else {
      let list = failed.map { "  \($0.run.folder): \($0.reason)" }.joined(separator: "\n")
      Console.shared.alarm(
        "error: \(failed.count) of \(runner.own.count) runs failed\n\(list)\nTry them again with:\n  \(resumeCommand(folder))")
      throw ExitStatus.found
    }
  }

  private func resumeCommand(_ folder: String) -> String {
    let sets = experiment.overrides.map { " --set '\($0)'" }.joined()
    return "calm run \(experiment.config)\(sets)\(grid.arguments)\(experiment.trust.arguments) --out \(folder) --resume"
  }
}

/// What makes several runs of one file.
struct GridOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Train once a seed and give mean and deviation.", valueName: "1,2,3"))
  var seeds: String?

  @Option(
    help: ArgumentHelp("Run once for each value of a dotted path; repeatable, for every combination.", valueName: "path=a,b"))
  var sweep: [String] = []

  @Option(help: "With several runs: how many processes at a time; the cores are shared out among them.")
  var jobs = 1

  @Option(help: ArgumentHelp("With several runs: this machine's share of them, counted from 1.", valueName: "i/n"))
  var shard: String?

  @Flag(help: "With several runs: list them, with an estimate of the time, and run nothing.")
  var dryRun = false

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs takes a number from 1") }
  }

  /// The axes of the file and of the command line; the latter's stand in for the file's of the same path.
  func axes(_ tree: ConfigNode) throws -> [SweepAxis] {
    var axes = try tree["sweep"].flatMap { $0.isNull ? nil : try SweepAxis.axes(of: $0) } ?? []
    var given = try sweep.enumerated().map { try SweepAxis(argument: $1, index: $0) }
    if let seeds { given.append(try SweepAxis(argument: "seed=\(seeds)", index: given.count)) }
    for axis in given {
      if let place = axes.firstIndex(where: { $0.name == axis.name && $0.path.first?.mark.isOverride == false }) {
        axes[place] = axis
      } else {
        axes.append(axis)
      }
    }
    return axes
  }

  func refuseWithoutAxes() throws {
    guard shard == nil, !dryRun, jobs == 1 else {
      throw Diagnostic(
        "C109", "--shard, --jobs and --dry-run are for several runs: name them with --sweep, --seeds or `sweep:`")
    }
  }

  func parsedShard() throws -> (number: Int, of: Int) {
    guard let shard else { return (1, 1) }
    let parts = shard.split(separator: "/").map { Int($0) }
    guard parts.count == 2, let number = parts[0], let of = parts[1], of >= 1, (1...of).contains(number) else {
      throw Diagnostic("C109", "--shard takes i/n with i from 1 to n, not `\(shard)`")
    }
    return (number, of)
  }

  /// As it was given, for the command that resumes.
  var arguments: String {
    sweep.map { " --sweep '\($0)'" }.joined() + (seeds.map { " --seeds \($0)" } ?? "") + (jobs > 1 ? " --jobs \(jobs)" : "")
      + (shard.map { " --shard \($0)" } ?? "")
  }
}

/// `calm train`: the same without the final evaluation.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train an experiment without the final evaluation.")

  @OptionGroup var experiment: ExperimentOptions
  @OptionGroup var output: RunOutputOptions
  @OptionGroup var common: CommonOptions

  mutating func run() async throws {
    common.apply()
    let tree = try loadConfiguration(path: experiment.config, overrides: experiment.overrides)
    if let sweep = tree["sweep"], !sweep.isNull {
      throw Diagnostic(
        "C109", "`calm train` trains once, but the file has a `sweep`", mark: sweep.mark,
        hint: "`calm run` runs all of it; `--set sweep=null` leaves it out")
    }
    let loaded = try Experiment(node: tree, path: experiment.config)
    let folder = try output.folder(for: loaded)
    let sets = experiment.overrides.map { " --set '\($0)'" }.joined()
    try await Session(loaded, folder: folder).train(
      resume: output.resume,
      command: "calm train \(experiment.config)\(sets)\(experiment.trust.arguments) --out \(folder) --resume")
    Console.shared.talk("next: calm evaluate \(folder)")
    Console.shared.result(folder)
  }
}

/// Where a run goes.
struct RunOutputOptions: ParsableArguments {
  @Option(help: "The run folder; default: runs/NAME-TIME.")
  var out: String?

  @Flag(help: "Go on from the newest checkpoint of the run folder.")
  var resume = false

  /// The folder of the run. Without `--out`, `--resume` means the newest run of that name.
  func folder(for experiment: Experiment) throws -> String {
    if let out {
      let path = out.hasSuffix("/") && out.count > 1 ? String(out.dropLast()) : out
      let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      if !resume,
        files.contains(where: { $0 == "config.yaml" || $0 == "results.json" || $0.hasPrefix("seed-") || $0.contains("=") })
      {
        throw Diagnostic(
          "S605", "\(path) already holds a run", hint: "go on with it by --resume, or choose another folder with --out")
      }
      return path
    }
    let name = String(experiment.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
    let old = ((try? FileManager.default.contentsOfDirectory(atPath: "runs")) ?? [])
      .filter { $0.hasPrefix(name + "-") && $0.dropFirst(name.count + 1).allSatisfy { $0.isNumber || $0 == "-" } }.sorted()
    if resume, let newest = old.last { return "runs/" + newest }
    return "runs/\(name)-\(timeStamp())"
  }

  /// UTC, sortable.
  private func timeStamp() -> String {
    Date.now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted).dateTimeSeparator(.standard))
      .map { $0 == "T" ? "-" : String($0) }.joined().filter { $0.isNumber || $0 == "-" }
  }
}
