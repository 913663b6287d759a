import FoundationEssentials
import PluginAPI

@testable import Host

/// Shared folders that not every machine has.
enum SharedFolder {
  static let data = find("CALM_DATA", "data")
  static let golden = find("CALM_GOLDEN", "golden")

  static func has(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: folder) }

  /// The variable's value, or the folder beside the package.
  private static func find(_ variable: String, _ name: String, file: String = #filePath) -> String {
    if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty { return path }
    // Tests/HostTests/Data/DataFixtures.swift
    let root = file.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/\(root)/../shared/\(name)"
  }
}

/// The sentences of a column file's text.
func parsed(_ text: String, columns: ColumnFile.Columns = .init()) throws -> Dataset {
  try ColumnFile.parse(Array(text.utf8), path: "data.conll", columns: columns)
}

/// The faults that `work` throws, one alone or several.
func faults(_ work: () throws -> Void) -> [Diagnostic] {
  do {
    try work()
    return []
  } catch let fault as Diagnostic {
    return [fault]
  } catch let faults as Diagnostics {
    return faults.items
  } catch {
    return [Diagnostic("?", "\(error)")]
  }
}

extension [Diagnostic] {
  /// `code:line` of each.
  var places: [String] { map { "\($0.code):\($0.mark?.line ?? 0)" } }
}
