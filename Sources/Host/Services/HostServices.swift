import PluginAPI

/// What the host gives to plugins beyond messages and folders.
final class HostServices: ServiceProvider {
  private let registry: PluginRegistry

  /// - Parameter registry: where plugins find other plugins.
  init(registry: PluginRegistry) { self.registry = registry }

  func http() throws -> any HTTPClient { throw PluginError("this host offers no network") }

  func secret(_ name: String) throws -> Secret { throw PluginError("this host keeps no secrets") }

  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder {
    let loaded = try registry.plugin(id: plugin, kind: .encoder, mark: options.mark)
    let faults = check(options, against: loaded.manifest.options, what: "options of plugin `\(plugin)`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let use = PluginUse(id: plugin, plugin: loaded, options: options.filled(with: loaded.manifest.options))
    guard let encoder = try use.make(services: .standard(seed: 1, registry: registry)) as? any TokenEncoder else {
      throw Diagnostic("P310", "plugin `\(plugin)` is an encoder without sub-tokens", mark: options.mark)
    }
    return encoder
  }
}

extension Services {
  /// Services of a run with the given seed.
  static func standard(
    seed: UInt64, registry: PluginRegistry = PluginRegistry(declared: [], folders: [])
  ) -> Services {
    Services(seed: seed, cacheFolder: defaultCacheFolder(), provider: HostServices(registry: registry)) { level, message in
      switch level {
      case .debug: logger.debug("\(message)")
      case .warning: logger.warning("\(message)")
      default: logger.info("\(message)")
      }
    }
  }
}

extension Experiment {
  /// Services of this experiment's plugins.
  var services: Services { .standard(seed: seed, registry: registry) }
}
