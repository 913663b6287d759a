/// How serious a message is.
public enum LogLevel: String, Sendable {
  case debug, info, warning
}

/// All that a plugin gets from the host.
public struct Services: Sendable {
  private let sink: @Sendable (LogLevel, String) -> Void
  /// The run's seed: initial weights are drawn from `RandomStream(seed: seed, name)`.
  public let seed: UInt64
  /// A folder for files that can be made again; shared by all runs.
  public let cacheFolder: String

  /// Services of a run.
  public init(seed: UInt64, cacheFolder: String, log: @escaping @Sendable (LogLevel, String) -> Void) {
    self.seed = seed
    self.cacheFolder = cacheFolder
    self.sink = log
  }

  /// Tells the user something; goes to standard error and the run's log.
  public func log(_ level: LogLevel, _ message: String) { sink(level, message) }
}
