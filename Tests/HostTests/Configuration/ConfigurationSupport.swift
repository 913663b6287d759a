import FoundationEssentials
import Glibc
import PluginAPI

@testable import Host

/// A folder that is gone when the test is.
final class ConfigFolder {
  let path: String

  init() throws {
    var template = Array((FileManager.default.temporaryDirectory.path + "/calm-test-XXXXXX").utf8CString)
    path = try template.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, let made = mkdtemp(base) else { throw CocoaError(.fileWriteUnknown) }
      return String(cString: made)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    if let slash = file.lastIndex(of: "/") {
      try FileManager.default.createDirectory(atPath: String(file[..<slash]), withIntermediateDirectories: true)
    }
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }
}

func parsedYAML(_ text: String) throws -> ConfigNode { try parseYAML(Array(text.utf8), named: "t.yaml") }

/// The faults of a text, none where it can be read.
func configFaults(_ text: String) -> [Diagnostic] { configFaults { try parsedYAML(text) } }

func configFaults(_ body: () throws -> ConfigNode) -> [Diagnostic] {
  do {
    _ = try body()
    return []
  } catch let error as Diagnostics {
    return error.items
  } catch {
    return [Diagnostic("????", "\(error)")]
  }
}

extension ConfigNode {
  /// The value at a dotted path.
  func at(_ path: String) -> ConfigNode? {
    var node: ConfigNode? = self
    for part in path.split(separator: ".") {
      guard let here = node else { return nil }
      if let items = here.list {
        node = Int(part).flatMap { items.indices.contains($0) ? items[$0] : nil }
      } else {
        node = here[String(part)]
      }
    }
    return node
  }

  /// `line:column+length`
  var place: String { "\(mark.line):\(mark.column)+\(mark.length)" }

  /// The keys of a mapping in their order.
  var keys: [String] { (map ?? []).map(\.key.name) }
}

extension Diagnostic {
  var place: String { mark.map { "\($0.line):\($0.column)" } ?? "-" }
}
