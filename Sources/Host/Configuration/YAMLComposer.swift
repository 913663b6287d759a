import PluginAPI

/// Builds a tree of nodes from libyaml's events. Faults that leave the structure clear are collected; others are thrown.
struct YAMLComposer {
  private let source: YAMLSource
  private let events: YAMLEventStream
  private var faults: [Diagnostic] = []
  private var anchors: [String: Composed] = [:]
  /// Anchors whose node is still being read: an alias to one of them would contain itself.
  private var open: Set<String> = []
  private var nodes = 0
  /// Where the last value ends.
  private(set) var lastIndex = 0

  /// A node and what an alias to it costs.
  private struct Composed {
    var node: ConfigNode
    /// Keys and values in it, itself included.
    var size = 1
    /// Levels of lists and mappings.
    var height = 0
  }

  init(source: YAMLSource, events: YAMLEventStream) {
    self.source = source
    self.events = events
  }

  /// The only document, nil where there is none. Throws `Diagnostics`.
  mutating func document() throws -> ConfigNode? {
    var root: ConfigNode?
    do {
      reading: while true {
        let event = try next()
        switch event.kind {
        case .streamEnd: break reading
        case .documentStart where root != nil:
          throw Diagnostic(
            "C111", "a second document begins here; a configuration is one document", mark: source.mark(event.start, event.end),
            hint: "remove the `---` or split the file")
        case .documentStart: root = try compose(next(), depth: 1).node
        default: continue
        }
      }
    } catch let fault as Diagnostic {
      faults.append(fault)
    }
    guard faults.isEmpty else { throw Diagnostics(faults) }
    return root
  }

  private func next() throws -> YAMLEvent {
    do {
      return try events.next()
    } catch {
      throw diagnostic(for: error, in: source)
    }
  }

  /// `depth` is the level that a list or mapping would have here.
  private mutating func compose(_ event: YAMLEvent, depth: Int) throws -> Composed {
    if case .alias(let name) = event.kind { return try expand(name, event, depth: depth) }
    try spend(1, at: event)
    if let anchor = event.anchor { open.insert(anchor) }
    let composed: Composed
    switch event.kind {
    case .listStart: composed = try list(event, depth: depth)
    case .mapStart: composed = try map(event, depth: depth)
    default:
      composed = Composed(node: scalar(event))
      lastIndex = max(lastIndex, event.end.index)
    }
    if let anchor = event.anchor {
      open.remove(anchor)
      anchors[anchor] = composed
    }
    return composed
  }

  private mutating func list(_ start: YAMLEvent, depth: Int) throws -> Composed {
    try enter(start, depth: depth)
    checkTag(start, is: "seq")
    var items: [ConfigNode] = []
    var size = 1
    var height = 0
    while true {
      let event = try next()
      if case .listEnd = event.kind {
        let mark = start.flow ? flowMark(start, event) : source.mark(start.start, length: 1)
        return Composed(node: ConfigNode(.list(items), mark: mark), size: size, height: height + 1)
      }
      let item = try compose(event, depth: depth + 1)
      size += item.size
      height = max(height, item.height)
      items.append(item.node)
    }
  }

  private mutating func map(_ start: YAMLEvent, depth: Int) throws -> Composed {
    try enter(start, depth: depth)
    checkTag(start, is: "map")
    var entries: [ConfigNode.Entry] = []
    var lines: [String: Int] = [:]
    var size = 1
    var height = 0
    while true {
      let event = try next()
      if case .mapEnd = event.kind {
        // A block mapping has no bracket to point at: its first key stands for it.
        let mark = start.flow ? flowMark(start, event) : source.mark(start.start, length: entries.first?.key.mark.length ?? 1)
        return Composed(node: ConfigNode(.map(entries), mark: mark), size: size, height: height + 1)
      }
      let name = try compose(event, depth: depth + 1)
      let value = try compose(next(), depth: depth + 1)
      size += name.size + value.size
      height = max(height, name.height, value.height)
      guard let key = key(name.node, event) else { continue }
      if let first = lines[key.name] {
        faults.append(
          Diagnostic(
            "C106", "the key `\(key.name)` is given twice: in line \(first) and in line \(key.mark.line)", mark: key.mark,
            hint: "remove one of them"))
        continue
      }
      lines[key.name] = key.mark.line
      entries.append(ConfigNode.Entry(key, value.node))
    }
  }

  /// The node as a key; nil, and a fault, where it cannot be one.
  private mutating func key(_ node: ConfigNode, _ event: YAMLEvent) -> ConfigNode.Key? {
    guard let text = node.text else {
      let what = node.list != nil ? "a list" : "a mapping"
      faults.append(Diagnostic("C111", "a key must be plain text, not \(what)", mark: node.mark))
      return nil
    }
    if case .scalar("<<", .plain) = event.kind, event.tag == nil {
      faults.append(
        Diagnostic(
          "C111", "the merge key `<<` is not supported", mark: node.mark,
          hint: "layer files with `extends: other.yaml` instead"))
      return nil
    }
    return ConfigNode.Key(text, mark: node.mark)
  }

  private mutating func scalar(_ event: YAMLEvent) -> ConfigNode {
    guard case .scalar(let text, let style) = event.kind else {
      return ConfigNode(.scalar("", quoted: false), mark: source.mark(event.start, event.end))
    }
    let mark = style == .block ? source.mark(event.start, length: 1) : source.mark(event.start, event.end)
    let plain = ConfigNode(.scalar(text, quoted: false), mark: mark)
    let quoted = ConfigNode(.scalar(text, quoted: true), mark: mark)
    let fits: Bool
    switch event.tag.map(short) {
    case nil: return style == .plain ? plain : quoted
    case "!", "!!str": return quoted
    case "!!int": fits = plain.integer != nil
    case "!!float": fits = plain.number != nil
    case "!!bool": fits = plain.boolean != nil
    case "!!null": fits = plain.isNull
    default:
      refuseTag(event)
      return plain
    }
    if !fits { faults.append(Diagnostic("C104", "`\(text)` is not what the tag `\(short(event.tag ?? ""))` says", mark: mark)) }
    return plain
  }

  private mutating func expand(_ name: String, _ event: YAMLEvent, depth: Int) throws -> Composed {
    let mark = source.mark(event.start, event.end)
    lastIndex = max(lastIndex, event.end.index)
    if open.contains(name) {
      throw Diagnostic("C100", "the alias `*\(name)` stands within the value that it repeats", mark: mark)
    }
    guard var anchored = anchors[name] else {
      let near = nearestName(to: name, among: anchors.keys)
      faults.append(
        Diagnostic(
          "C100", "the alias `*\(name)` repeats nothing: there is no `&\(name)` before it", mark: mark,
          hint: near.map { "did you mean `*\($0)`?" } ?? "text that begins with `*` needs quotes"))
      try spend(1, at: event)
      return Composed(node: ConfigNode(.scalar("", quoted: false), mark: mark))
    }
    // The cost is known before anything is copied, so a bomb of aliases of aliases ends here.
    try spend(anchored.size, at: event)
    guard depth - 1 + anchored.height <= YAMLLimits.depth else { throw tooDeep(event) }
    anchored.node.mark = mark
    return anchored
  }

  private mutating func spend(_ count: Int, at event: YAMLEvent) throws {
    nodes += count
    guard nodes > YAMLLimits.nodes else { return }
    var aliased = false
    if case .alias = event.kind { aliased = true }
    throw Diagnostic(
      "C107", "more than \(YAMLLimits.nodes) keys and values" + (aliased ? ", counting what aliases repeat" : ""),
      mark: source.mark(event.start, event.end))
  }

  private func enter(_ event: YAMLEvent, depth: Int) throws {
    if depth > YAMLLimits.depth { throw tooDeep(event) }
  }

  private func tooDeep(_ event: YAMLEvent) -> Diagnostic {
    Diagnostic("C107", "nested deeper than \(YAMLLimits.depth) levels", mark: source.mark(event.start, event.end))
  }

  private mutating func flowMark(_ start: YAMLEvent, _ end: YAMLEvent) -> SourceMark {
    lastIndex = max(lastIndex, end.end.index)
    return start.start.line == end.end.line ? source.mark(start.start, end.end) : source.mark(start.start, length: 1)
  }

  private mutating func checkTag(_ event: YAMLEvent, is name: String) {
    guard let tag = event.tag, tag != "!", short(tag) != "!!" + name else { return }
    refuseTag(event)
  }

  private mutating func refuseTag(_ event: YAMLEvent) {
    faults.append(
      Diagnostic(
        "C111", "the tag `\(short(event.tag ?? ""))` means nothing here", mark: source.mark(event.start, event.end),
        hint: "leave it out, or put text that begins with `!` in quotes"))
  }

  /// A tag as people write it.
  private func short(_ tag: String) -> String {
    let prefix = "tag:yaml.org,2002:"
    return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
  }
}
