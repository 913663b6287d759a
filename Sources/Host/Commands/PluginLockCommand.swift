import ArgumentParser
import FoundationEssentials
import PluginAPI

/// `calm plugin lock`: from now on the experiments of a folder load these plugins only.
struct PluginLockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Write the digests of an experiment's plugins to plugins.lock beside it.",
    discussion: "The lock holds the plugins that the file declares and those that are found. Experiments beside it, and those "
      + "that extend a file beside it, load no others.")

  @Argument(help: "The experiment file.")
  var config = "plugins.yaml"
  @Flag(help: "Write nothing: tell what is other than in plugins.lock, and end with 1 where something is.")
  var check = false

  mutating func run() throws {
    let tree = try loadConfiguration(path: config)
    let declared = (tree["plugins"]?.map ?? []).compactMap { entry -> PluginRegistry.Declaration? in
      guard let library = entry.value["library"], let text = library.text else { return nil }
      return (
        entry.key.name, text.contains("/") ? configuredPath(text, from: library.mark) : text, entry.value["sha256"]?.text,
        entry.key.mark
      )
    }
    let processes = (tree["plugins"]?.map ?? []).compactMap { entry -> ProcessDeclaration? in
      guard let command = entry.value["command"], !command.isNull else { return nil }
      return ProcessDeclaration(
        id: entry.key.name, command: ProcessDeclaration.words(command).compactMap(\.text),
        sha256: entry.value["sha256"]?.text, wish: ProcessWish(entry.value), mark: entry.key.mark)
    }
    // The lock that is there is the one to be replaced.
    let registry = PluginRegistry(declared: declared, processes: processes, folders: [], trust: .unlocked)
    var (plugins, faults) = registry.all()
    for process in processes {
      do throws(Diagnostic) { plugins.append(try registry.plugin(id: process.id)) } catch { faults.append(error) }
    }
    for fault in faults { Console.shared.alarm("warning: not locked: " + DiagnosticPrinter.line(fault)) }
    let path = PluginLock.path(beside: config), lock = PluginLock(path: path, plugins: plugins)
    let before = check ? try PluginLock.find(beside: config) : (try? PluginLock.find(beside: config)) ?? nil
    let changes = lock.changes(since: before ?? PluginLock(path: path, entries: []))
    if check {
      for change in changes { Console.shared.result(change) }
      if before == nil { Console.shared.talk("there is no \(path)") }
      if before == nil || !changes.isEmpty { throw ExitStatus.found }
      return
    }
    try FileBytes.write(lock.text, to: path)
    for change in changes { Console.shared.result(change) }
    Console.shared.talk("\(lock.entries.count) plugins are locked by \(path)")
  }
}

/// `calm plugin release`: the way out of quarantine.
struct PluginReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let a plugin that ended the program be opened again, or list those that may not.")

  @Argument(help: "The plugin's file, or the beginning of its sha256; without it, what is in quarantine is listed.")
  var plugin: String?

  mutating func run() throws {
    guard let plugin else {
      let entries = Quarantine.standard.entries
      for entry in entries { Console.shared.result("\(entry.sha256)  \(entry.note)") }
      if entries.isEmpty { Console.shared.talk("nothing is in quarantine") }
      return
    }
    for entry in try Quarantine.standard.release(plugin) { Console.shared.result("released \(entry.sha256)") }
  }
}
