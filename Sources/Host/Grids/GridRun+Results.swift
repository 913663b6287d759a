import FoundationEssentials
import PluginAPI

// Whether the results in a folder are a run's, also where they come from a machine with other folders.
extension Grid.Run {
  /// Why the results in a folder are not this run's; nil where they are.
  func objection(to path: String) throws -> String? {
    if try isTheSameElsewhere(path) { return nil }
    let differences = experiment.differences(from: try readYAML(path: path + "/config.yaml")).filter { $0 != "threads" }
    guard !differences.isEmpty else { return nil }
    let names = differences.prefix(12).joined(separator: ", ")
    return "\(path) holds the results of another configuration: it differs in \(names)"
  }

  /// The file that its process is started with. The first line tells runs apart that are another's on any machine.
  var configuration: String { writtenLine + ConfigPrinter.print(experiment.resolved) }

  /// Whether the folder's run was written the same way, and differs in nothing but `threads` and paths that lead nowhere here.
  /// What is here under the other path as well is another file than this run's.
  private func isTheSameElsewhere(_ path: String) throws -> Bool {
    let start = path + ".yaml"
    guard FileManager.default.fileExists(atPath: start), try FileBytes.read(start).starts(with: writtenLine.utf8) else {
      return false
    }
    return Self.differInPlaces(experiment.resolved.withoutThreads, try readYAML(path: path + "/config.yaml").withoutThreads)
  }

  private static func differInPlaces(_ here: ConfigNode, _ there: ConfigNode) -> Bool {
    if let own = here.map, let others = there.map {
      return own.count == others.count
        && own.allSatisfy { entry in there[entry.key.name].map { differInPlaces(entry.value, $0) } ?? false }
    }
    if let own = here.list, let others = there.list {
      return own.count == others.count && zip(own, others).allSatisfy { differInPlaces($0, $1) }
    }
    if ConfigPrinter.fingerprint(here) == ConfigPrinter.fingerprint(there) { return true }
    guard let own = here.text, let other = there.text else { return false }
    return own.hasPrefix("/") && other.hasPrefix("/") && !FileManager.default.fileExists(atPath: other)
  }

  private var writtenLine: String { "# as written: \(Digest.sha256(of: Array(written.utf8)))\n" }

  /// The experiment with every path as its file writes it, beside the place of that file as seen from the first.
  private var written: String {
    var texts: [SourceMark: String] = [:]
    func collect(_ node: ConfigNode) {
      switch node.value {
      case .scalar(let text, _): texts[node.mark] = text
      case .list(let items): items.forEach(collect)
      case .map(let entries): for entry in entries { collect(entry.value) }
      }
    }
    collect(tree)
    func asWritten(_ node: ConfigNode) -> ConfigNode {
      var node = node
      switch node.value {
      case .list(let items): node.value = .list(items.map(asWritten))
      case .map(let entries): node.value = .map(entries.map { ConfigNode.Entry($0.key, asWritten($0.value)) })
      case .scalar(let text, _):
        guard let said = texts[node.mark], said != text else { break }
        let folder = node.mark.isVirtual ? "" : place(of: node.mark.file, from: experiment.path)
        node.value = .scalar("\(folder): \(said)", quoted: true)
      }
      return node
    }
    return ConfigPrinter.fingerprint(asWritten(experiment.resolved.withoutThreads))
  }
}

extension ConfigNode {
  fileprivate var withoutThreads: ConfigNode {
    ConfigNode(.map((map ?? []).filter { $0.key.name != "threads" }), mark: mark)
  }
}

/// A file's folder as seen from another file's.
private func place(of file: String, from other: String) -> String {
  let there = absolutePath(file).split(separator: "/").dropLast(), here = absolutePath(other).split(separator: "/").dropLast()
  let common = zip(there, here).prefix { $0 == $1 }.count
  return (here.dropFirst(common).map { _ in ".." } + there.dropFirst(common).map(String.init)).joined(separator: "/")
}
