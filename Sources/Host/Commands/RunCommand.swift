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

  @Option(help: ArgumentHelp("Train once a seed and give mean and deviation.", valueName: "1,2,3"))
  var seeds: String?

  mutating func run() async throws {
    common.apply()
    let loaded = try experiment.load()
    let folder = try output.folder(for: loaded)
    guard let seeds else {
      let results = try await Session(loaded, folder: folder).run(resume: output.resume, command: resumeCommand(folder))
      return Console.shared.result(format == .json ? results.json : results.table)
    }
    let numbers = try seeds.split(separator: ",").map { text -> UInt64 in
      guard let seed = UInt64(text) else { throw Diagnostic("C109", "--seeds takes numbers, not `\(text)`") }
      return seed
    }
    var all: [RunResults] = []
    for seed in numbers {
      let one = loaded.with(seed: seed)
      Console.shared.talk("seed \(seed)")
      all.append(
        try await Session(one, folder: "\(folder)/seed-\(seed)").run(
          resume: output.resume, command: resumeCommand(folder)))
    }
    let summary = SeedSummary(seeds: numbers, results: all)
    try FileBytes.write(summary.json + "\n", to: folder + "/results.json")
    Console.shared.result(format == .json ? summary.json : summary.table)
  }

  private func resumeCommand(_ folder: String) -> String {
    let sets = experiment.overrides.map { " --set '\($0)'" }.joined()
    return "calm run \(experiment.config)\(sets)\(seeds.map { " --seeds \($0)" } ?? "") --out \(folder) --resume"
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
    let loaded = try experiment.load()
    let folder = try output.folder(for: loaded)
    let sets = experiment.overrides.map { " --set '\($0)'" }.joined()
    try await Session(loaded, folder: folder).train(
      resume: output.resume, command: "calm train \(experiment.config)\(sets) --out \(folder) --resume")
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
      if !resume, files.contains(where: { $0 == "config.yaml" || $0.hasPrefix("seed-") }) {
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
