import PluginAPI
import Synchronization

/// Plugins that run in processes of their own.
enum ProcessPlugins {
  /// Starts the plugin and asks what it is; the same launch gives the same plugin again.
  ///
  /// - Parameters:
  ///   - pin: the digest that ``ProcessLaunch/file()`` must have, as hexadecimal text.
  ///   - trust: what that file has to pass.
  static func open(
    _ launch: ProcessLaunch, pin: String? = nil, trust: PluginTrust = .unlocked
  ) throws(Diagnostic) -> LoadedPlugin {
    let file = try PluginFile(path: launch.file())
    return try opened.withLock { opened -> Result<LoadedPlugin, Diagnostic> in
      do throws(Diagnostic) {
        if let known = opened[launch] {
          try trust.check(file, pin: pin) { known.sha256 }
          return .success(known)
        }
        let plugin = try start(admitted(launch, file, pin: pin, trust), file)
        opened[launch] = plugin
        return .success(plugin)
      } catch {
        return .failure(error)
      }
    }.get()
  }

  private static let opened = Mutex<[ProcessLaunch: LoadedPlugin]>([:])

  /// The launch with the very bytes that were looked at.
  private static func admitted(
    _ launch: ProcessLaunch, _ file: PluginFile, pin: String?, _ trust: PluginTrust
  ) throws(Diagnostic) -> ProcessLaunch {
    guard case .library = launch.program else {
      try trust.admit(program: file, pin: pin)
      return launch
    }
    try ElfStamp.read(path: file.path).check(path: file.path)
    let admitted = try trust.admit(file, pin: pin)
    var launch = launch
    launch.program = .library(path: file.path, image: admitted.image, sha256: admitted.sha256 ?? pin)
    return launch
  }

  private static func start(_ launch: ProcessLaunch, _ file: PluginFile) throws(Diagnostic) -> LoadedPlugin {
    let compiler =
      switch launch.program {
      case .command(let words): words.joined(separator: " ")
      case .library: try ElfStamp.read(path: file.path).compiler
      }
    do {
      let session = try ProcessSession(launch)
      let manifest = try session.describe().manifest()
      try PluginLoader.checkIdentifier(manifest.id, of: file.path)
      guard manifest.kind == .augmentor else {
        throw Diagnostic(
          "P310", "plugin `\(launch.id)` is a \(manifest.kind.rawValue); only augmentors can run in a process of their own",
          hint: "load it as a library, without `isolation: process`", notes: ["it is the file \(file.path)"])
      }
      let factory = ProcessFactory(manifest: manifest, launch: launch, session: session)
      return LoadedPlugin(manifest: manifest, file: file, compiler: compiler, factory: factory)
    } catch let fault as Diagnostic {
      throw fault
    } catch let fault as PluginError {
      throw Diagnostic(
        "P322", "plugin `\(launch.id)` describes itself wrongly: \(fault.message)", hint: fault.hint.isEmpty ? nil : fault.hint)
    } catch {
      throw Diagnostic("P320", "plugin `\(launch.id)`: \(error)")
    }
  }
}

/// Makes augmentors, each in a process of its own.
final class ProcessFactory: PluginFactory {
  let manifest: Manifest
  private let launch: ProcessLaunch
  /// The process that gave the manifest: the first augmentor gets it.
  private let first: Mutex<ProcessSession?>

  init(manifest: Manifest, launch: ProcessLaunch, session: ProcessSession) {
    self.manifest = manifest
    self.launch = launch
    first = Mutex(session)
  }

  func make(options: ConfigNode, shape: Shape, services: Services) throws -> any Plugin {
    try make(options: options, services: services, surroundings: nil)
  }

  /// - Parameter surroundings: what a library in a child needs of this process.
  func make(options: ConfigNode, services: Services, surroundings: Surroundings?) throws -> any Plugin {
    let faults = check(options, against: manifest.options, what: "options of plugin `\(manifest.id)`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let session = try session()
    var creation = HostFrame.Creation(
      options: JSONTree(options.filled(with: manifest.options), manifest.options), seed: services.seed,
      cacheFolder: services.cacheFolder)
    if case .library = launch.program { creation.surroundings = surroundings ?? Surroundings() }
    let fingerprint = try session.create(creation) { services.log($0, $1) }
    return ProcessAugmentor(session, fingerprint: fingerprint)
  }

  private func session() throws -> ProcessSession {
    let waiting = first.withLock { first in
      defer { first = nil }
      return first
    }
    if let waiting { return waiting }
    let session = try ProcessSession(launch)
    _ = try session.describe()
    return session
  }
}
