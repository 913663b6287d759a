import PluginAPI
import Synchronization

/// What plugins get from this host beyond log and seed. Each is made when it is first asked for.
final class HostServices: ServiceProvider {
  private let network: NetworkSettings
  private let registry: PluginRegistry
  private let client = Mutex<(any HTTPClient)?>(nil)
  private let log: @Sendable (LogLevel, String) -> Void

  /// - Parameter registry: where plugins find other plugins.
  init(network: NetworkSettings, registry: PluginRegistry, log: @escaping @Sendable (LogLevel, String) -> Void) {
    self.network = network
    self.registry = registry
    self.log = log
  }

  func http() throws -> any HTTPClient {
    try client.withLock { client in
      if let client { return client }
      let services = Services(seed: 0, cacheFolder: defaultCacheFolder(), log: log)
      let made = try NetworkLibrary.client(network, services: services)
      client = made
      return made
    }
  }

  func secret(_ name: String) throws -> Secret { try Secrets.read(name) }

  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder {
    let loaded = try registry.plugin(id: plugin, kind: .encoder, mark: options.mark)
    let faults = check(options, against: loaded.manifest.options, what: "options of plugin `\(plugin)`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let use = PluginUse(id: plugin, plugin: loaded, options: options.filled(with: loaded.manifest.options))
    guard let encoder = try use.make(services: .standard(seed: 1, network: network, registry: registry)) as? any TokenEncoder
    else {
      throw Diagnostic("P310", "plugin `\(plugin)` is an encoder without sub-tokens", mark: options.mark)
    }
    return encoder
  }
}

extension Services {
  /// Services of a run with the given seed.
  static func standard(
    seed: UInt64, network: NetworkSettings = .none, registry: PluginRegistry = PluginRegistry(declared: [], folders: [])
  ) -> Services {
    let log: @Sendable (LogLevel, String) -> Void = { level, message in
      switch level {
      case .debug: logger.debug("\(message)")
      case .warning: logger.warning("\(message)")
      default: logger.info("\(message)")
      }
    }
    return Services(
      seed: seed, cacheFolder: defaultCacheFolder(), provider: HostServices(network: network, registry: registry, log: log),
      log: log)
  }
}

extension Experiment {
  /// Services of this experiment's plugins.
  var services: Services { .standard(seed: seed, network: network, registry: registry) }
}
