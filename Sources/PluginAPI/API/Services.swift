/// How serious a message is.
public enum LogLevel: String, Sendable {
  /// For whoever looks for a fault; not shown unless asked for.
  case debug
  /// What a user may want to know.
  case info
  /// What a user should know: the run goes on, but perhaps not as it was meant.
  case warning
}

/// All that a plugin gets from the host.
public struct Services: Sendable {
  private let sink: @Sendable (LogLevel, String) -> Void
  private let provider: (any ServiceProvider)?
  /// The run's seed: initial weights are drawn from `RandomStream(seed: seed, name)`.
  public let seed: UInt64
  /// A folder for files that can be made again; shared by all runs.
  public let cacheFolder: String

  /// Services of a run.
  public init(
    seed: UInt64, cacheFolder: String, provider: (any ServiceProvider)? = nil,
    log: @escaping @Sendable (LogLevel, String) -> Void
  ) {
    self.seed = seed
    self.cacheFolder = cacheFolder
    self.provider = provider
    self.sink = log
  }

  /// Tells the user something; goes to standard error and the run's log.
  public func log(_ level: LogLevel, _ message: String) { sink(level, message) }

  /// The network. Ask for it when the first request is due: it takes a library of its own. Throws ``PluginError`` or a
  /// ``Diagnostic`` where this host offers none.
  public func http() throws -> any HTTPClient {
    guard let provider else { throw PluginError("this host offers no network") }
    return try provider.http()
  }

  /// A secret by the name of its environment variable (`OPENAI_API_KEY`), or by the path of a file that its owner alone
  /// can read. Throws a ``Diagnostic`` that says where it was looked for.
  public func secret(_ name: String) throws -> Secret {
    guard let provider else { throw PluginError("this host keeps no secrets") }
    return try provider.secret(name)
  }

  /// An encoder plugin whose model reads sub-tokens, made with the given options. Throws ``PluginError`` where there is none.
  public func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder {
    guard let provider else { throw PluginError("this host offers no encoder to other plugins") }
    return try provider.encoder(plugin, options: options)
  }
}

/// What the host implements behind ``Services``; each is made when it is first asked for.
public protocol ServiceProvider: Sendable {
  /// See ``Services/http()``; throws alike.
  func http() throws -> any HTTPClient
  /// See ``Services/secret(_:)``; throws alike.
  func secret(_ name: String) throws -> Secret
  /// See ``Services/encoder(_:options:)``; throws alike.
  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder
}
