import PluginAPI

/// Reads an experiment and collects faults on the way, so that all are reported at once.
struct ExperimentReader {
  struct Parts {
    var name: String, seed: UInt64, threads: Int?
    var data: DataSection, contexts: ContextsSection
    var augmentor: PluginUse?, augmentorSeed: UInt64, prompt: String?, stored: StoredSection
    var encoder: PluginUse, decoder: PluginUse, loss: PluginUse
    var training: TrainingSection, network: NetworkSettings, models: [DeclaredModel], registry: PluginRegistry
    var resolved: ConfigNode
  }

  let node: ConfigNode
  var faults: [Diagnostic] = []
  /// What the plugins' options name as models.
  private var usedModels: Set<String> = []

  init(node: ConfigNode) { self.node = node }

  mutating func read(path: String) throws -> Experiment {
    faults += check(node, against: ExperimentFields.all, what: "the experiment")
    let models = readModels()
    let registry = readRegistry(beside: path)
    let data: DataSection? = section("data", required: true)
    let contexts: ContextsSection? = section("contexts")
    let training: TrainingSection? = section("training")
    // `augmentor: null` switches off the one that an extended file names.
    let wantsAugmentor = node["augmentor"].map { !$0.isNull } ?? false
    var augmentor = wantsAugmentor ? use("augmentor", .augmentor, registry, models) : nil
    let prompt = augmentor.flatMap { readPrompt($0.plugin.manifest) }
    let stored = wantsAugmentor ? storedSection() : .none
    let encoder = use("encoder", .encoder, registry, models)
    let decoder = use("decoder", .decoder, registry, models)
    let loss = use("loss", .loss, registry, models)
    let http = node["http"].flatMap { $0.isNull ? nil : $0 }
    if let http { faults += NetworkSettings.faults(http) }
    guard faults.isEmpty, let data, let contexts, let training, let encoder, let decoder, let loss else {
      throw Diagnostics(faults)
    }
    let network = NetworkSettings(
      section: http,
      naming: [augmentor, encoder, decoder, loss].compactMap(\.self)
        .flatMap { $0.options.webAddresses($0.plugin.manifest.options) })
    augmentor?.surroundings = Surroundings(network: network, registry: registry, threads: node["threads"]?.integer)
    let name = node["name"]?.text ?? path.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? "run"
    return Experiment(
      Parts(
        name: name, seed: UInt64(node["seed"]?.integer ?? 1), threads: node["threads"]?.integer, data: data,
        contexts: contexts, augmentor: augmentor, augmentorSeed: UInt64(node["augmentor"]?["seed"]?.integer ?? 0),
        prompt: prompt, stored: stored,
        encoder: encoder, decoder: decoder, loss: loss, training: training,
        network: network, models: models.filter { usedModels.contains($0.name) }, registry: registry,
        resolved: resolved(name: name, augmentor, encoder, decoder, loss)), path: path)
  }

  private mutating func section<Section: PluginOptions>(_ key: String, required: Bool = false) -> Section? {
    guard let section = node[key] else {
      if required {
        faults.append(Diagnostic("C103", "the experiment lacks the section `\(key)`", mark: node.mark))
        return nil
      }
      return try? decodeOptions(Section.self, from: ConfigNode(.map([]), mark: node.mark), what: "`\(key)`")
    }
    do {
      return try decodeOptions(
        Section.self, from: section.resolvingPaths(Section.fields, models: []), what: "section `\(key)`")
    } catch {
      faults += (error as? Diagnostics)?.items ?? []
      return nil
    }
  }

  /// `augmentor.prompt:`, rendered.
  private mutating func readPrompt(_ manifest: Manifest) -> String? {
    let given = node["augmentor"]?["prompt"].flatMap { $0.isNull ? nil : $0 }
    guard manifest.takesPrompt else {
      // A prompt of the file below was meant for the plugin that this one replaces.
      if let given, given.mark.isOverride || given.mark.file == node["augmentor"]?["plugin"]?.mark.file {
        faults.append(
          Diagnostic(
            "C112", "augmentor `\(manifest.id)` takes no prompt", mark: given.mark, hint: "remove it, or say `prompt: null`"))
      }
      return nil
    }
    do { return try Prompt(given).text } catch {
      faults += error.items
      return nil
    }
  }

  private mutating func storedSection() -> StoredSection {
    guard let given = node["augmentor"]?["stored"], !given.isNull else { return .none }
    do {
      return try decodeOptions(
        StoredSection.self, from: given.resolvingPaths(StoredSection.fields, models: []), what: "`augmentor.stored`")
    } catch {
      faults += (error as? Diagnostics)?.items ?? []
      return .none
    }
  }

  private mutating func readModels() -> [DeclaredModel] {
    (node["models"]?.map ?? []).compactMap { entry in
      do { return try DeclaredModel(name: entry.key.name, node: entry.value) } catch {
        faults += (error as? Diagnostics)?.items ?? []
        return nil
      }
    }
  }

  private mutating func readRegistry(beside path: String) -> PluginRegistry {
    var declared: [PluginRegistry.Declaration] = [], processes: [ProcessDeclaration] = []
    for entry in node["plugins"]?.map ?? [] {
      let id = entry.key.name, value = entry.value, sha256 = value["sha256"]?.text
      let wrong =
        check(value, against: ExperimentFields.library, what: "plugin `\(id)`")
        + ProcessDeclaration.contradictions(id, value)
      faults += wrong
      guard wrong.isEmpty else { continue }
      if let node = value["library"], let library = node.text {
        declared.append((id, libraryPath(library, node.mark), sha256, entry.key.mark))
      }
      let command = value["command"].flatMap { $0.isNull ? nil : ProcessDeclaration.words($0).compactMap(\.text) }
      processes.append(
        ProcessDeclaration(id: id, command: command, sha256: sha256, wish: ProcessWish(value), mark: entry.key.mark))
    }
    return PluginRegistry(declared: declared, processes: processes, folders: [], trust: .beside([path] + node.files))
  }

  /// A bare file name is searched for; anything else is a path.
  private func libraryPath(_ library: String, _ mark: SourceMark) -> String {
    library.contains("/") ? configuredPath(library, from: mark) : library
  }

  /// `plugins:` with paths made absolute, so that the tree can be read from another folder.
  private func resolvedLibraries() -> ConfigNode? {
    guard var plugins = node["plugins"], let entries = plugins.map else { return node["plugins"] }
    plugins.value = .map(
      entries.map { entry in
        var entry = entry
        entry.value.value = .map(
          (entry.value.map ?? []).map { field in
            if field.key.name == "command", field.value.list != nil {
              return .init(field.key, ConfigNode(.list(ProcessDeclaration.words(field.value)), mark: field.value.mark))
            }
            guard field.key.name == "library", let library = field.value.text else { return field }
            let path = libraryPath(library, field.value.mark)
            return .init(field.key, ConfigNode(.scalar(path, quoted: true), mark: field.value.mark))
          })
        return entry
      })
    return plugins
  }

  private mutating func use(
    _ key: String, _ kind: PluginKind, _ registry: PluginRegistry, _ models: [DeclaredModel]
  ) -> PluginUse? {
    guard let section = node[key] else {
      faults.append(Diagnostic("C103", "the experiment lacks the section `\(key)`", mark: node.mark))
      return nil
    }
    let fields = kind == .augmentor ? ExperimentFields.augmentor : ExperimentFields.plugin
    let wrong = check(section, against: fields, what: "section `\(key)`")
    faults += wrong
    guard wrong.isEmpty, let id = section["plugin"]?.text else { return nil }
    do {
      let wish = kind == .augmentor ? ProcessWish(section) : ProcessWish()
      let plugin = try registry.plugin(id: id, kind: kind, mark: section["plugin"]?.mark, running: wish)
      let given = section["options"] ?? ConfigNode(.map([]), mark: section.mark)
      let wrong = check(given, against: plugin.manifest.options, what: "options of plugin `\(id)`")
      faults += wrong
      guard wrong.isEmpty else { return nil }
      let (filled, inner) = try given.filled(with: plugin.manifest.options)
        .resolvingPlugins(plugin.manifest.options, registry: registry, models: models)
      usedModels.formUnion(inner)
      usedModels.formUnion(filled.modelNames(plugin.manifest.options))
      let options = filled.resolvingPaths(plugin.manifest.options, models: models)
      return PluginUse(id: id, plugin: plugin, options: options)
    } catch {
      faults += (error as? Diagnostics)?.items ?? (error as? Diagnostic).map { [$0] } ?? []
      return nil
    }
  }

  /// The tree that `config.yaml` and `calm config show` print.
  private func resolved(
    name: String, _ augmentor: PluginUse?, _ encoder: PluginUse, _ decoder: PluginUse, _ loss: PluginUse
  ) -> ConfigNode {
    func plugin(_ key: String, _ use: PluginUse?) -> ConfigNode? {
      guard let use, let section = node[key] else { return nil }
      var entries = section.filled(with: key == "augmentor" ? ExperimentFields.augmentor : ExperimentFields.plugin).map ?? []
      entries.removeAll { $0.key.name == "options" || $0.key.name == "prompt" && !use.plugin.manifest.takesPrompt }
      for i in entries.indices where entries[i].key.name == "stored" {
        entries[i].value = entries[i].value.resolvingPaths(StoredSection.fields, models: [])
      }
      if use.options.map?.isEmpty == false {
        entries.append(.init(.init("options", mark: use.options.mark), use.options))
      }
      return ConfigNode(.map(entries), mark: section.mark)
    }
    func options(_ key: String, _ fields: [OptionField]) -> ConfigNode {
      (node[key] ?? ConfigNode(.map([]), mark: node.mark)).filled(with: fields).resolvingPaths(fields, models: [])
    }
    let place = SourceMark(file: SourceMark.defaultFile, line: 1, column: 1)
    func scalar(_ text: String) -> ConfigNode { ConfigNode(.scalar(text, quoted: false), mark: place) }
    let sections: [(String, ConfigNode?)] = [
      ("name", node["name"] ?? ConfigNode(.scalar(name, quoted: true), mark: place)), ("plugins", resolvedLibraries()),
      ("models", node["models"]), ("seed", node["seed"] ?? scalar("1")), ("threads", node["threads"]),
      ("data", options("data", DataSection.fields)), ("contexts", options("contexts", ContextsSection.fields)),
      ("augmentor", plugin("augmentor", augmentor)), ("encoder", plugin("encoder", encoder)),
      ("decoder", plugin("decoder", decoder)), ("loss", plugin("loss", loss)),
      ("training", options("training", TrainingSection.fields).withDefaultRates()), ("http", node["http"]),
    ]
    return ConfigNode(
      .map(sections.compactMap { key, value in value.map { .init(.init(key, mark: $0.mark), $0) } }), mark: node.mark)
  }
}

extension ConfigNode {
  /// The training section with the learning rates that are in force where the file names none.
  fileprivate func withDefaultRates() -> ConfigNode {
    var node = self
    let place = SourceMark(file: SourceMark.defaultFile, line: 1, column: 1)
    node.value = .map(
      (map ?? []).map { entry in
        guard entry.key.name == "learningRates" else { return entry }
        let given = entry.value.map ?? []
        let rest = TrainingSection.defaultRates.sorted { $0.key < $1.key }
          .filter { rate in !given.contains { $0.key.name == rate.key } }
          .map { Entry(Key($0.key, mark: place), ConfigNode(.scalar(String($0.value), quoted: false), mark: place)) }
        return Entry(entry.key, ConfigNode(.map(given + rest), mark: entry.value.mark))
      })
    return node
  }
}
