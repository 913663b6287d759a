import NetworkPolicy
import PluginAPI

/// What a library in a child gets of the host's, so that it finds the same services there.
struct Surroundings: Codable, Sendable {
  struct Library: Codable, Sendable {
    var id: String
    var library: String
    var sha256: String?
  }

  /// The section `http:` with the hosts of the named addresses; nil: no network.
  var http: JSONTree?
  /// The libraries that the experiment declares.
  var plugins: [Library] = []
  var threads = Threads.count

  init() {}

  init(network: NetworkSettings, registry: PluginRegistry, threads: Int?) {
    if let threads { self.threads = threads }
    http = JSONTree(network.policy, HTTPPolicy.fields)
    plugins = registry.libraries.map { Library(id: $0.id, library: $0.library, sha256: $0.sha256) }
  }

  func services(seed: UInt64, cacheFolder: String, log: @escaping @Sendable (LogLevel, String) -> Void) -> Services {
    let mark = SourceMark(file: "the host", line: 1, column: 1)
    let network = http.map { NetworkSettings(policy: $0.node(at: mark)) } ?? .none
    // The host has opened the plugins that the options name, with the lock that counts there.
    let registry = PluginRegistry(
      declared: plugins.map { (id: $0.id, library: $0.library, sha256: $0.sha256, mark: nil) }, folders: [], trust: .unlocked)
    return Services(
      seed: seed, cacheFolder: cacheFolder, provider: HostServices(network: network, registry: registry, log: log), log: log)
  }
}
