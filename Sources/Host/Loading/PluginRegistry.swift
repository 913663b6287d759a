import PluginAPI

/// Finds plugins by id: those that an experiment declares, then whatever lies in the plugin folders.
struct PluginRegistry: Sendable {
  /// One entry of `plugins:`. The id may differ from the one in the library's manifest: it is an alias then.
  typealias Declaration = (id: String, library: String, sha256: String?, mark: SourceMark?)

  private let declared: [Declaration]
  private let processes: [String: ProcessDeclaration]
  private let folders: PluginFolders
  /// What every plugin's file has to pass.
  let trust: PluginTrust

  /// Searches beside the host, where it is installed, in `CALM_PLUGIN_PATH`, then in `folders`.
  init(
    declared: [Declaration], processes: [ProcessDeclaration] = [], folders: [String], trust: PluginTrust = .here
  ) {
    self.init(declared: declared, processes: processes, searching: PluginFolders(listed: folders), trust: trust)
  }

  /// Searches in `folders` only.
  init(
    declared: [Declaration], processes: [ProcessDeclaration] = [], searching folders: PluginFolders,
    trust: PluginTrust = .unlocked
  ) {
    self.declared = declared
    self.processes = Dictionary(processes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.folders = folders
    self.trust = trust
  }

  /// What vouches for the bytes of a plugin that an experiment calls `id`.
  func pin(of plugin: LoadedPlugin, id: String) -> PluginTrust.Pin {
    trust.pin(of: plugin.sha256, configured: declared.first { $0.id == id }?.sha256 ?? processes[id]?.sha256)
  }

  /// The libraries that the experiment declares.
  var libraries: [Declaration] { declared }

  /// The plugin that a file calls `id`, opened now if it was not yet.
  ///
  /// - Parameters:
  ///   - kind: what it has to be; nil for any.
  ///   - mark: where the file names it.
  ///   - wish: how it is to run, where that is said beside `plugins:`.
  func plugin(
    id: String, kind: PluginKind? = nil, mark: SourceMark? = nil, running wish: ProcessWish = ProcessWish()
  ) throws(Diagnostic) -> LoadedPlugin {
    let plugin: LoadedPlugin
    if let process = try process(id, wish: wish, mark: mark) {
      plugin = process
    } else if let declaration = declared.first(where: { $0.id == id }) {
      do { plugin = try load(declaration) } catch { throw error.marked(declaration.mark ?? mark) }
    } else {
      do { plugin = try search(id) } catch { throw error.marked(mark) }
    }
    guard let kind, plugin.manifest.kind != kind else { return plugin }
    throw Diagnostic(
      "P310", "plugin `\(id)` is \(plugin.manifest.kind.withArticle), but \(kind.withArticle) is needed here", mark: mark,
      notes: ["it is the file \(plugin.path)"])
  }

  /// Every plugin there is, by id, and what is wrong with the others.
  func all() -> (plugins: [LoadedPlugin], faults: [Diagnostic]) {
    var faults: [Diagnostic] = []
    var plugins: [LoadedPlugin] = []
    for declaration in declared {
      do { plugins.append(try load(declaration)) } catch { faults.append(error.marked(declaration.mark)) }
    }
    let found = scan()
    plugins += found.plugins
    faults += found.faults.map(\.fault).filter { fault in !faults.contains { $0.message == fault.message } }

    var paths: Set<String> = []
    plugins = plugins.filter { paths.insert($0.path).inserted }.sorted { ($0.manifest.id, $0.path) < ($1.manifest.id, $1.path) }
    // Where an id is declared, the declaration has chosen between its files.
    let aliases = Set(declared.map(\.id))
    for (id, group) in Dictionary(grouping: plugins, by: \.manifest.id).sorted(by: { $0.key < $1.key })
    where group.count > 1 && !aliases.contains(id) {
      faults.append(ambiguous(id, group))
    }
    return (plugins, faults)
  }

  /// The plugin where it runs in a process of its own, else nil.
  private func process(_ id: String, wish: ProcessWish, mark: SourceMark?) throws(Diagnostic) -> LoadedPlugin? {
    let process = processes[id], wish = wish.completed(by: process?.wish)
    do throws(Diagnostic) {
      var launch = ProcessLaunch(id: id, program: .command([]))
      if let seconds = wish.timeLimit { launch.timeLimit = seconds }
      if let command = process?.command {
        launch.program = .command(command)
        return try ProcessPlugins.open(launch, pin: process?.sha256, trust: trust)
      }
      guard wish.isIsolated == true else { return nil }
      // Where nothing says which library it is, all are opened here to look.
      let declaration = declared.first { $0.id == id }
      let path = if let declaration { try locate(declaration) } else { try search(id).path }
      launch.program = .library(path: absolutePath(path))
      return try ProcessPlugins.open(launch, pin: process?.sha256, trust: trust)
    } catch {
      throw error.marked(process?.mark ?? mark)
    }
  }

  private func load(_ declaration: Declaration) throws(Diagnostic) -> LoadedPlugin {
    try PluginLoader.load(path: locate(declaration), expectedSHA256: declaration.sha256, trust: trust)
  }

  private func locate(_ declaration: Declaration) throws(Diagnostic) -> String {
    let name = declaration.library
    if name.contains("/") { return name }
    if let path = folders.file(named: name) { return path }
    let names = folders.libraries().compactMap { $0.split(separator: "/").last.map(String.init) }
    throw Diagnostic(
      "P301", "there is no plugin file `\(name)` for plugin `\(declaration.id)`",
      hint: nearestName(to: name, among: names).map { "did you mean `\($0)`?" }, notes: ["looked in: \(folders.shown)"])
  }

  /// Looks through all libraries: which one was found first must not decide between two of the same id.
  private func search(_ id: String) throws(Diagnostic) -> LoadedPlugin {
    let (plugins, faults) = scan()
    let matches = plugins.filter { $0.manifest.id == id }
    if let only = matches.first, matches.count == 1 { return only }
    guard matches.isEmpty else { throw ambiguous(id, matches) }
    // The library that is named like the id is most likely the one that was meant, but could not be opened.
    if let meant = faults.first(where: { Self.isNamed($0.path, like: id) }) { throw meant.fault }
    let ids = Set(declared.map(\.id) + processes.keys + plugins.map(\.manifest.id)).sorted()
    throw Diagnostic(
      "P313", "there is no plugin `\(id)`", hint: nearestName(to: id, among: ids).map { "did you mean `\($0)`?" },
      notes: ["found: " + (ids.isEmpty ? "none" : ids.joined(separator: ", ")), "looked in: \(folders.shown)"]
        + faults.map { "left out: \($0.fault.message)" })
  }

  /// Opens every library of the folders that carries a stamp.
  private func scan() -> (plugins: [LoadedPlugin], faults: [(path: String, fault: Diagnostic)]) {
    var plugins: [LoadedPlugin] = []
    var faults: [(path: String, fault: Diagnostic)] = []
    for path in folders.libraries() {
      do throws(Diagnostic) {
        let stamp = try PluginFile(path: path).withElf { elf throws(Diagnostic) in try ElfStamp.find(in: elf) }
        if stamp != nil { plugins.append(try PluginLoader.load(path: path, trust: trust)) }
      } catch {
        faults.append((path, error))
      }
    }
    return (plugins, faults)
  }

  private func ambiguous(_ id: String, _ plugins: [LoadedPlugin]) -> Diagnostic {
    Diagnostic(
      "P311",
      "plugin `\(id)` is ambiguous: " + plugins.map { "`\($0.path)`" }.joined(separator: " and ")
        + " all carry that id", hint: "name the library of `\(id)` under `plugins:`")
  }

  /// `libKLCooperative.so` is named like `kl-cooperative`.
  private static func isNamed(_ path: String, like id: String) -> Bool {
    let name = path.split(separator: "/").last?.dropFirst("lib".count).dropLast(".so".count) ?? ""
    return name.lowercased() == id.filter { $0 != "-" }.lowercased()
  }
}

extension Diagnostic {
  fileprivate func marked(_ mark: SourceMark?) -> Diagnostic {
    var copy = self
    copy.mark = self.mark ?? mark
    return copy
  }
}

extension PluginKind {
  var withArticle: String { (self == .augmentor || self == .encoder ? "an " : "a ") + rawValue }
}
