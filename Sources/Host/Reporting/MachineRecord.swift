import FoundationEssentials
import PluginAPI

/// `environment.json`: what a training result depends on beside the configuration and the data.
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
