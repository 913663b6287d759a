import FoundationEssentials
import PluginAPI

/// `plugins.used` of a run folder: a line a plugin with its id, version, digest and compiler. Lines that begin with `#` are those
/// of plugins that a later part of the run replaced.
struct PluginsUsed: Equatable, Sendable {
  struct Line: Equatable, Sendable {
    var id: String
    var version: String
    var sha256: String
    var compiler: String

    fileprivate var text: String { "\(id) \(version) \(sha256) \(compiler)" }
    fileprivate var short: String { "\(version) (sha256 \(sha256.prefix(12))…)" }
  }

  static let fileName = "plugins.used"

  private(set) var lines: [Line]
  /// Comment lines of what was there before.
  private var history: [String] = []

  init(_ experiment: Experiment) {
    lines = experiment.uses.map {
      Line(
        id: $0.plugin.manifest.id, version: $0.plugin.manifest.version, sha256: $0.plugin.sha256, compiler: $0.plugin.compiler)
    }
  }

  /// Lines that are none are left out: the file only informs.
  init(text: String) {
    lines = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("#") {
        history.append(String(line))
      } else if fields.count == 4 {
        lines.append(Line(id: fields[0], version: fields[1], sha256: fields[2], compiler: fields[3]))
      }
    }
  }

  /// What a run folder says, nil where it says nothing.
  init?(run: String) {
    guard let bytes = FileManager.default.contents(atPath: "\(run)/\(Self.fileName)") else { return nil }
    self.init(text: String(decoding: bytes, as: UTF8.self))
  }

  var text: String { (lines.map(\.text) + history).map { $0 + "\n" }.joined() }

  /// What another file stood for when the run began or was last resumed, a sentence each.
  func changes(since earlier: PluginsUsed) -> [String] {
    lines.compactMap { line in
      guard let before = earlier.lines.first(where: { $0.id == line.id }), before.sha256 != line.sha256 else { return nil }
      return "plugin `\(line.id)` is another file than before in this run: \(line.short), it was \(before.short)"
    }
  }

  /// The same with what it replaces noted, and with what was noted in `earlier`.
  func noting(_ earlier: PluginsUsed, at time: Date = .now) -> PluginsUsed {
    var copy = self
    let replaced = earlier.lines.filter { before in lines.contains { $0.id == before.id && $0.sha256 != before.sha256 } }
    copy.history = earlier.history + replaced.map { "# until \(time.formatted(.iso8601)): \($0.text)" }
    return copy
  }
}

extension Experiment {
  /// The plugins that it names, in the order of the sections.
  var uses: [PluginUse] { [augmentor, encoder, decoder, loss].compactMap(\.self) }

  /// Tells where plugins are other than those that the run in `folder` used so far.
  func noteReplacedPlugins(run folder: String) {
    guard let before = PluginsUsed(run: folder) else { return }
    for change in PluginsUsed(self).changes(since: before) { Console.shared.talk("warning: " + change) }
  }
}
