import FoundationEssentials
import Glibc
import PluginAPI

/// The folders that plugins are looked for in, in order.
struct PluginFolders: Sendable {
  let paths: [String]

  /// Exactly these.
  init(_ paths: [String]) { self.paths = paths }

  /// Beside the host and where it is installed, then `CALM_PLUGIN_PATH`, then `listed`.
  init(listed: [String]) {
    paths =
      Self.ofHost.paths + (environment("CALM_PLUGIN_PATH") ?? "").split(separator: ":").map(String.init) + listed
  }

  /// Beside the host, and where it is installed.
  static var ofHost: PluginFolders {
    let beside = hostFolder()
    return PluginFolders([beside, beside + "/../lib/calm", beside + "/../lib/calm/plugins"].map(absolutePath))
  }

  /// The first file of this name.
  func file(named name: String) -> String? {
    paths.map { $0 + "/" + name }.first { PluginFile.identity($0) != nil }
  }

  /// Every `lib*.so`, each file once whatever its names; what the host has for itself is none of them.
  func libraries() -> [String] {
    var seen: Set<FileIdentity> = []
    return paths.flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.sorted().filter { $0.hasPrefix("lib") && $0.hasSuffix(".so") && !Self.ownLibraries.contains($0) }
        .map { folder + "/" + $0 }
        .filter { path in PluginFile.identity(path).map { seen.insert($0).inserted } ?? true }
    }
  }

  private static let ownLibraries = ["libPluginAPI.so", NetworkLibrary.file]

  /// For a person: where it was looked.
  var shown: String {
    paths.map { PluginFile.identity($0) == nil ? "\($0) (no such folder)" : $0 }.joined(separator: ", ")
  }

  static func hostFolder() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}
