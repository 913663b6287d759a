import PluginAPI

/// A plugin as an experiment uses it.
struct PluginUse: Sendable {
  /// The id that the file says.
  let id: String
  let plugin: LoadedPlugin
  /// Its options with defaults filled in and paths resolved.
  let options: ConfigNode
  /// What it gets of this process where it runs in another.
  var surroundings: Surroundings? = nil

  func make(shape: Shape = Shape(), services: Services) throws -> any Plugin {
    do {
      if let process = plugin.factory as? ProcessFactory {
        return try process.make(options: options, services: services, surroundings: surroundings)
      }
      return try plugin.factory.make(options: options, shape: shape, services: services)
    } catch let error as Diagnostics {
      throw error
    } catch var error as Diagnostic {
      // A model's fault is that of the line that names it.
      error.mark = error.mark ?? (error.code.hasPrefix("M") ? options["model"]?.mark : nil) ?? options.mark
      throw error
    } catch let error as WeightsError {
      throw Diagnostic("M402", error.description, mark: options.mark)
    } catch {
      throw Diagnostic("P320", "plugin `\(id)`: \(error)", mark: options.mark)
    }
  }
}

/// One experiment file, checked and resolved: everything that `calm run` needs to know.
struct Experiment: Sendable {
  let path: String
  let name: String
  private(set) var seed: UInt64
  let threads: Int?
  let data: DataSection
  let contexts: ContextsSection
  let augmentor: PluginUse?
  let augmentorSeed: UInt64
  /// The rendered prompt, where the augmentor takes one.
  let prompt: String?
  let stored: StoredSection
  let encoder: PluginUse
  let decoder: PluginUse
  let loss: PluginUse
  let training: TrainingSection
  /// What plugins may do on the network.
  let network: NetworkSettings
  /// The declared models that the plugins' options name.
  let models: [DeclaredModel]
  /// What plugins are found in, by those that use others.
  let registry: PluginRegistry
  /// The whole file with every default filled in, each value with its origin.
  private(set) var resolved: ConfigNode

  /// Reads, layers, checks and resolves a file. Throws ``Diagnostics`` with every fault found.
  init(path: String, overrides: [String] = []) throws {
    try self.init(node: loadConfiguration(path: path, overrides: overrides), path: path)
  }

  init(node: ConfigNode, path: String) throws {
    var reader = ExperimentReader(node: node)
    self = try reader.read(path: path)
  }

  /// Everything that a training result depends on, as text without origins: what a checkpoint must agree with.
  var fingerprint: String { "seed: \(seed)\n" + ConfigPrinter.fingerprint(Self.essence(of: resolved)) }

  /// The dotted paths of the values in which the ``fingerprint`` differs from that of a run, whose `config.yaml` is given: plugins
  /// need not be there, nor be the same files.
  func differences(from run: ConfigNode) -> [String] {
    var own = ConfigPrinter.values(Self.essence(of: resolved)), others = ConfigPrinter.values(Self.essence(of: run))
    (own["seed"], others["seed"]) = (String(seed), run["seed"]?.text ?? "")
    return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }.sorted()
  }

  /// What the ``fingerprint`` is of, but for the seed.
  private static func essence(of resolved: ConfigNode) -> ConfigNode {
    let ignored: Set = ["name", "plugins", "models", "seed", "http"]
    var entries = (resolved.map ?? []).filter { !ignored.contains($0.key.name) }
    // Where contexts are kept changes none of them, nor does the process that makes them.
    let indifferent = ["contexts": ["store"], "augmentor": ProcessWish.fields.map(\.name)]
    for i in entries.indices {
      guard let names = indifferent[entries[i].key.name], let value = entries[i].value.map else { continue }
      entries[i].value.value = .map(value.filter { !names.contains($0.key.name) })
    }
    return ConfigNode(.map(entries), mark: resolved.mark)
  }

  /// The same experiment with another seed of training.
  func with(seed: UInt64) -> Experiment {
    var copy = self
    copy.seed = seed
    let place = SourceMark(file: "--seeds", line: 1, column: 1)
    copy.resolved.value = .map(
      (resolved.map ?? []).map { entry in
        guard entry.key.name == "seed" else { return entry }
        return .init(entry.key, ConfigNode(.scalar(String(seed), quoted: false), mark: place))
      })
    return copy
  }

  init(_ parts: ExperimentReader.Parts, path: String) {
    self.path = path
    name = parts.name
    seed = parts.seed
    threads = parts.threads
    data = parts.data
    contexts = parts.contexts
    augmentor = parts.augmentor
    augmentorSeed = parts.augmentorSeed
    prompt = parts.prompt
    stored = parts.stored
    encoder = parts.encoder
    decoder = parts.decoder
    loss = parts.loss
    training = parts.training
    network = parts.network
    models = parts.models
    registry = parts.registry
    resolved = parts.resolved
  }
}
