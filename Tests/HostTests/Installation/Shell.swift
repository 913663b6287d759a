import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// Commands as a person types them, in a folder of their own.
struct Shell {
  /// The checkout, found from where this file really is.
  static let checkout = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
  /// Where the program and its plugins are built.
  static let products = String(Lab.program.dropLast("/calm".count))

  let folder: String

  /// A new folder, removed with the test's `defer`.
  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/calm-shell-\(UInt64.random(in: 0 ..< .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs a script in the folder; it ends with its first command that fails.
  ///
  /// - Parameters:
  ///   - home: whether the folder is the home as well.
  ///   - path: folders in which commands are looked for, before the usual ones.
  ///   - hiding: folders that are empty for this script.
  /// - Returns: what it wrote, standard error included; nil where it failed, which is recorded as an issue.
  func run(
    _ script: String, home: Bool = false, path: [String] = [], hiding: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String? {
    var setup = ["set -euo pipefail", "cd '\(folder)'", "unset CALM_SDK CALM_PLUGIN_PATH CALM_CACHE"]
    if home { setup.append("export HOME='\(folder)'") }
    let search = path.isEmpty ? [] : ["export PATH='\(path.joined(separator: ":"))':$PATH"]
    let mounts = hiding.map { "mount -t tmpfs none '\($0)'" }
    let text = (mounts + setup + search + [script]).joined(separator: "\n")
    let command = (hiding.isEmpty ? [] : ["unshare", "-rm"]) + ["bash", "-c", "exec 2>&1\n" + text]
    let result = try ChildProcess.run(command, timeout: .seconds(600))
    let output = String(decoding: result.output, as: UTF8.self)
    guard result.outcome == .exited(0) else {
      Issue.record("\(script)\nended with \(result.outcome):\n\(output.suffix(4000))", sourceLocation: sourceLocation)
      return nil
    }
    return output
  }

  /// Whether this system lets a process hide folders from itself.
  static let canHide = succeeds(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"])

  static func has(_ program: String) -> Bool { succeeds(["bash", "-c", "command -v \(program)"]) }

  private static func succeeds(_ command: [String]) -> Bool {
    (try? ChildProcess.run(command, timeout: .seconds(60)).outcome) == .exited(0)
  }
}
