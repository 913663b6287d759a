import FoundationEssentials
import PluginAPI

/// A finished run, opened for tagging or evaluation.
struct TrainedRun {
  let path: String
  let experiment: Experiment
  let tagger: Tagger
  let model: ModelFile

  /// Opens `path`: its resolved configuration, changed by `overrides`, and its best model.
  init(path: String, overrides: [String] = []) throws {
    guard FileManager.default.fileExists(atPath: path + "/config.yaml") else {
      throw Diagnostic("S602", "\(path) is not a run folder: it has no config.yaml", hint: "runs are made by `calm run`")
    }
    self.path = path
    experiment = try Experiment(path: path + "/config.yaml", overrides: overrides)
    experiment.noteReplacedPlugins(run: path)
    try prepareMachine(threads: experiment.threads)
    try fetchModels(experiment)
    model = try ModelFile.read(run: path, name: "best")
    tagger = try Tagger(experiment, tags: TagSet(names: model.tags), services: experiment.services)
    try model.load(into: tagger, run: path, name: "best")
  }
}
