import PluginAPI

/// Reads a configuration: the file, what it `extends`, and the command line's `--set` overrides on top. Every value keeps the
/// mark of the layer that gave it. Throws `Diagnostics` with every fault found.
func loadConfiguration(path: String, overrides: [String] = []) throws -> ConfigNode {
  var loader = LayerLoader()
  let base = loader.load(path)
  var faults = loader.faults
  let changes = parseOverrides(overrides, faults: &faults)
  guard var tree = base, faults.isEmpty else { throw Diagnostics(faults) }
  for change in changes {
    do {
      tree = try change.applied(to: tree)
    } catch {
      faults.append(error)
    }
  }
  guard faults.isEmpty else { throw Diagnostics(faults) }
  return tree
}

/// What of a plugin's section belongs to that plugin, and goes where another takes its place: its options, and the contexts
/// that it made. A prompt stays: another language model is asked the same.
let keysOfOnePlugin: Set = ["options", "stored"]

/// What stays of a section where another plugin takes the place of its own: all but ``keysOfOnePlugin``, and of those what
/// `--set` gave. That is meant for whatever plugin there is, unless it came along with the one that goes.
func entriesOfAnyPlugin(_ entries: [ConfigNode.Entry]) -> [ConfigNode.Entry] {
  let origin = entries.first { $0.key.name == "plugin" }?.value.mark.file
  return entries.compactMap { entry in
    guard keysOfOnePlugin.contains(entry.key.name) else { return entry }
    return entry.value.given(apartFrom: origin).map { ConfigNode.Entry(entry.key, $0) }
  }
}

/// `over` on top of `base`: mappings are merged key by key, everything else is replaced. Where `over` names another
/// `plugin`, only the base's ``entriesOfAnyPlugin(_:)`` stay.
func merged(_ base: ConfigNode, with over: ConfigNode) -> ConfigNode {
  guard var entries = base.map, let changes = over.map else { return over }
  if let plugin = over["plugin"], let before = base["plugin"], plugin.text != before.text {
    entries = entriesOfAnyPlugin(entries)
  }
  var places = Dictionary(entries.enumerated().map { ($1.key.name, $0) }, uniquingKeysWith: { first, _ in first })
  for change in changes {
    if let place = places[change.key.name] {
      entries[place] = ConfigNode.Entry(change.key, merged(entries[place].value, with: change.value))
    } else {
      places[change.key.name] = entries.count
      entries.append(change)
    }
  }
  return ConfigNode(.map(entries), mark: over.mark)
}

extension ConfigNode {
  /// What `--set` gave of the tree, nil where it gave nothing.
  ///
  /// - Parameter origin: an argument whose values are left out.
  func given(apartFrom origin: String? = nil) -> ConfigNode? {
    guard let entries = map, !entries.isEmpty else { return mark.isSetting && mark.file != origin ? self : nil }
    let given = entries.compactMap { entry in entry.value.given(apartFrom: origin).map { Entry(entry.key, $0) } }
    return given.isEmpty ? nil : ConfigNode(.map(given), mark: mark)
  }

  /// The value at a path of keys and indices, nil where there is none.
  func node(at path: ArraySlice<Key>) -> ConfigNode? {
    guard let key = path.first else { return self }
    guard let items = list else { return self[key.name]?.node(at: path.dropFirst()) }
    guard let index = Int(key.name), items.indices.contains(index) else { return nil }
    return items[index].node(at: path.dropFirst())
  }
}

extension SourceMark {
  /// Whether the place is in an argument of `--set`, whose values hold for every cell of a grid; `--sweep` gives some of them.
  fileprivate var isSetting: Bool { file.hasPrefix("--set #") }
}

/// Reads files and the files they extend.
struct LayerLoader {
  /// Files in a chain of `extends`, and files read for one configuration.
  static let depthLimit = 16
  static let fileLimit = 64

  private(set) var faults: [Diagnostic] = []
  private var finished: [String: Layer] = [:]
  private var mentions = 0

  /// A file with all that it extends merged in.
  private struct Layer {
    /// Nil where it has faults.
    var node: ConfigNode?
    /// `extends` links from it to the farthest file.
    var height: Int
  }

  /// A file on the way from the first to the one at hand.
  private struct Link {
    var path: String
    var canonical: String
  }

  /// The tree of the file at `path`, nil where ``faults`` say why not.
  mutating func load(_ path: String) -> ConfigNode? { layer(path, chain: [], named: nil).node }

  /// - Parameter mark: where `path` is written; nil for the first file.
  private mutating func layer(_ path: String, chain: [Link], named mark: SourceMark?) -> Layer {
    let failed = Layer(node: nil, height: 0)
    // A pipe has no other name than the one given; what is not there at all fails when it is read.
    let canonical = canonicalPath(path) ?? path
    let names = (chain.map(\.path) + [path]).joined(separator: " -> ")
    if chain.contains(where: { $0.canonical == canonical }) {
      return fail(Diagnostic("C108", "`extends` runs in a circle: \(names)", mark: mark))
    }
    let tooDeep = Diagnostic("C108", "`extends` goes deeper than \(Self.depthLimit) files: \(names)", mark: mark)
    if let known = finished[canonical] {
      return chain.count + known.height > Self.depthLimit ? fail(tooDeep) : known
    }
    if chain.count > Self.depthLimit { return fail(tooDeep) }
    finished[canonical] = failed
    do {
      let layer = try merge(readYAML(path: path), path: path, chain: chain + [Link(path: path, canonical: canonical)])
      finished[canonical] = layer
      return layer
    } catch let error as Diagnostics {
      faults += error.items.map { item in
        guard item.mark == nil, let mark else { return item }
        return Diagnostic("C108", "cannot extend: " + item.message, mark: mark, hint: item.hint, notes: item.notes)
      }
    } catch {
      faults.append(Diagnostic("C110", "cannot read `\(path)`: \(error)", mark: mark))
    }
    return failed
  }

  private mutating func merge(_ own: ConfigNode, path: String, chain: [Link]) throws -> Layer {
    guard let entries = own.map else {
      let what = own.list != nil ? "a list" : "a single value"
      throw Diagnostics([Diagnostic("C102", "`\(path)` must be a mapping of keys to values, not \(what)", mark: own.mark)])
    }
    let rest = ConfigNode(.map(entries.filter { $0.key.name != "extends" }), mark: own.mark)
    var base: ConfigNode?
    var height = 0
    var complete = true
    for parent in try parents(own["extends"]) {
      mentions += 1
      guard mentions < Self.fileLimit else {
        throw Diagnostics([
          Diagnostic("C107", "`extends` reads more than \(Self.fileLimit) files", mark: parent.mark)
        ])
      }
      let layer = layer(resolvedPath(parent.text ?? "", from: parent.mark), chain: chain, named: parent.mark)
      height = max(height, layer.height + 1)
      guard let node = layer.node else {
        complete = false
        continue
      }
      base = base.map { merged($0, with: node) } ?? node
    }
    return Layer(node: complete ? base.map { merged($0, with: rest) } ?? rest : nil, height: height)
  }

  /// The paths that `extends` gives, in their order.
  private func parents(_ node: ConfigNode?) throws -> [ConfigNode] {
    guard let node, !node.isNull else { return [] }
    let items = node.list ?? [node]
    let wrong = items.filter { $0.text?.isEmpty != false || $0.isNull }
    guard wrong.isEmpty else {
      throw Diagnostics(wrong.map { Diagnostic("C104", "`extends` must be a path or a list of paths", mark: $0.mark) })
    }
    return items
  }

  private mutating func fail(_ fault: Diagnostic) -> Layer {
    faults.append(fault)
    return Layer(node: nil, height: 0)
  }
}
