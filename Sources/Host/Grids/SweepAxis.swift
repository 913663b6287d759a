import PluginAPI

/// One value of a configuration that a grid varies, and what it takes in turn.
struct SweepAxis: Sendable {
  /// A value and how it is called in names and tables.
  struct Choice: Sendable {
    var label: String
    var value: ConfigNode
  }

  /// The keys from the root to the value.
  let path: [ConfigNode.Key]
  let choices: [Choice]

  /// The dotted path.
  var name: String { path.map(\.name).joined(separator: ".") }
  /// Runs that differ in the seed of training alone are summed up, not told apart.
  var isSeed: Bool { name == "seed" }
  /// `settings` is no value of an experiment: each choice is a layer of several values that go together, such as a data set and
  /// the encoder for it.
  var isLayer: Bool { name == "settings" }

  /// Whether it chooses the plugin of a section.
  private var isPlugin: Bool { path.count > 1 && path.last?.name == "plugin" }

  /// The experiment of a cell. It does not depend on the order in which the axes are written: layers come first, then each
  /// value before what is within it, and a plugin before its options.
  static func applied(_ choices: [(axis: SweepAxis, choice: Choice)], to tree: ConfigNode) throws -> ConfigNode {
    func rank(_ axis: SweepAxis) -> (Int, Int) { (axis.path.count, axis.isPlugin ? 0 : 1) }
    let values = choices.filter { !$0.axis.isLayer }.sorted { rank($0.axis) < rank($1.axis) }
    var changed = tree
    for (axis, choice) in choices where axis.isLayer {
      // A plugin that has an axis of its own is the layer's too: the layer's options are meant for it.
      let plugins = values.filter { $0.axis.isPlugin && choice.value.node(at: $0.axis.path.dropLast())?.map != nil }
      let layer = try plugins.reduce(choice.value) { try $1.axis.applied($1.choice, to: $0) }
      changed = merged(changed, with: layer)
    }
    return try values.reduce(changed) { try $1.axis.applied($1.choice, to: $0) }
  }

  /// `tree` with a choice taken. What `--set` gave within the value stays where the choice does not name it.
  private func applied(_ choice: Choice, to tree: ConfigNode) throws -> ConfigNode {
    let given = tree.node(at: path[...])?.given()
    let value = given.map { merged($0, with: choice.value) } ?? choice.value
    return try ConfigOverride(path: path, value: value).applied(to: tree)
  }

  /// The axes under `sweep:`: dotted paths, each with a list of values, or a mapping of labels to values.
  static func axes(of node: ConfigNode) throws -> [SweepAxis] {
    guard let entries = node.map else {
      throw Diagnostic("C104", "`sweep` must be a mapping of dotted paths to lists of values", mark: node.mark)
    }
    return try entries.map { entry in
      let path = entry.key.name.split(separator: ".", omittingEmptySubsequences: false)
        .map { ConfigNode.Key(String($0), mark: entry.key.mark) }
      guard path.allSatisfy({ !$0.name.isEmpty }) else {
        throw Diagnostic("C109", "a key is missing in the path `\(entry.key.name)`", mark: entry.key.mark)
      }
      return try SweepAxis(path: path, values: entry.value)
    }
  }

  /// `--sweep a.b=x,y` or `--sweep 'a.b=[x, {c: d}]'`; argument number `index` from 0.
  init(argument: String, index: Int) throws {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw Diagnostic("C109", "--sweep takes `path.to.key=value,value`, not `\(argument)`")
    }
    let isYAML = parts[1].hasPrefix("[") || parts[1].hasPrefix("{")
    let override = try ConfigOverride(
      isYAML ? argument : "\(parts[0])=[\(parts[1])]", file: SourceMark.overrideFile(index, flag: "--sweep"))
    try self.init(path: override.path, values: override.value)
  }

  init(path: [ConfigNode.Key], values: ConfigNode) throws {
    self.path = path
    let name = path.map(\.name).joined(separator: ".")
    guard let first = path.first, !["extends", "sweep", "plugins", "models", "name"].contains(first.name) else {
      throw Diagnostic("C109", "`\(name)` cannot be swept", mark: values.mark)
    }
    if let labelled = values.map {
      choices = labelled.map { Choice(label: $0.key.name, value: $0.value) }
    } else if let list = values.list {
      choices = list.map { Choice(label: ConfigPrinter.flow($0), value: $0) }
    } else {
      throw Diagnostic(
        "C104", "`\(name)` is swept over a single value", mark: values.mark, hint: "write a list: `\(name): [a, b]`")
    }
    if isLayer {
      for choice in choices {
        guard let entries = choice.value.map else {
          throw Diagnostic(
            "C104", "a choice of `settings` must be a mapping, as a file that extends this one would hold",
            mark: choice.value.mark)
        }
        for key in entries.map(\.key) where ["extends", "sweep", "plugins", "models", "name"].contains(key.name) {
          throw Diagnostic("C109", "`\(key.name)` cannot be swept", mark: key.mark)
        }
      }
    }
    guard !choices.isEmpty else { throw Diagnostic("C104", "`\(name)` is swept over nothing", mark: values.mark) }
    if let twice = Dictionary(grouping: choices, by: \.label).first(where: { $1.count > 1 }) {
      throw Diagnostic("C104", "`\(name)` takes `\(twice.key)` twice", mark: values.mark)
    }
    // 0.3 and 3e-1 are one value, whatever they are called.
    let alike = Dictionary(grouping: choices) { ConfigPrinter.fingerprint($0.value) }.values
    if let twice = alike.first(where: { $0.count > 1 }) {
      let labels = twice.map { "`\($0.label)`" }.joined(separator: " and ")
      throw Diagnostic("C104", "\(labels) of `\(name)` are the same value", mark: twice.last?.value.mark)
    }
    if name == "seed", let wrong = choices.first(where: { ($0.value.integer ?? -1) < 0 }) {
      throw Diagnostic("C104", "a seed is a number, not `\(wrong.label)`", mark: wrong.value.mark)
    }
  }
}
