import PluginAPI
import Synchronization

/// What plugins get from this host beyond log and seed. Each is made when it is first asked for.
final class HostServices: ServiceProvider {
  private let network: NetworkSettings
  private let client = Mutex<(any HTTPClient)?>(nil)
  private let log: @Sendable (LogLevel, String) -> Void

  init(network: NetworkSettings, log: @escaping @Sendable (LogLevel, String) -> Void) {
    self.network = network
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
    throw PluginError("encoders are not offered to other plugins yet")
  }
}

extension Services {
  /// Services of an experiment.
  static func standard(_ experiment: Experiment) -> Services { standard(seed: experiment.seed, network: experiment.network) }

  /// Services of a run with the given seed.
  static func standard(seed: UInt64, network: NetworkSettings = .none) -> Services {
    let log: @Sendable (LogLevel, String) -> Void = { level, message in
      switch level {
      case .debug: logger.debug("\(message)")
      case .warning: logger.warning("\(message)")
      default: logger.info("\(message)")
      }
    }
    return Services(
      seed: seed, cacheFolder: defaultCacheFolder(), provider: HostServices(network: network, log: log), log: log)
  }
}
