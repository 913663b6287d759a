import FoundationEssentials
import PluginAPI

/// The machine that a result is from.
struct MachineRecord: Codable, Sendable {
  var calm: String
  var compiler: String
  var processor: String
  var threads: Int
  var blas: String
  var system: String

  static func current() -> MachineRecord {
    let compiler = withUnsafeBytes(of: calm_this_stamp().pointee.compiler) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return MachineRecord(
      calm: Calm.version, compiler: compiler, processor: processorName(), threads: Threads.count,
      blas: LinearAlgebra.engine(), system: firstLine("/proc/version"))
  }

  private static func processorName() -> String {
    let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init) ?? "unknown"
  }

  private static func firstLine(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }?
      .split(separator: "\n").first.map(String.init) ?? "unknown"
  }
}

/// `environment.json`: what a training result depends on beside the configuration and the data, and what vouches for its plugins.
struct RunEnvironment: Encodable, Sendable {
  private struct Plugins: Encodable {
    /// By id: `lock`, `configuration` or `none`.
    var pinned: [String: String]
    /// Whether `--allow-unpinned` was given.
    var allowUnpinned: Bool
  }

  private let machine = MachineRecord.current()
  private let plugins: Plugins

  init(_ experiment: Experiment) {
    plugins = Plugins(
      pinned: Dictionary(
        experiment.uses.map { ($0.plugin.manifest.id, experiment.registry.pin(of: $0.plugin, id: $0.id).rawValue) },
        uniquingKeysWith: { first, _ in first }), allowUnpinned: PluginTrust.allowsUnpinned)
  }

  private enum Key: String, CodingKey { case plugins }

  func encode(to encoder: any Swift.Encoder) throws {
    try machine.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(plugins, forKey: .plugins)
  }
}
