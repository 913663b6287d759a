import Glibc
import PluginAPI
import Synchronization

/// Opens plugins. All that can be known from the file is checked before any of its code runs.
enum PluginLoader {
  /// Opens the plugin at `path`; the same file gives the same plugin again. It is never closed: the Swift runtime keeps
  /// references into every image that it has seen.
  ///
  /// - Parameters:
  ///   - expectedSHA256: the pin, as hexadecimal text.
  ///   - trust: what the file has to pass.
  static func load(
    path: String, expectedSHA256: String? = nil, trust: PluginTrust = .unlocked
  ) throws(Diagnostic) -> LoadedPlugin {
    let file = try PluginFile(path: path)
    let result = opened.withLock { opened -> Result<LoadedPlugin, Diagnostic> in
      do throws(Diagnostic) {
        if let known = opened[file.identity] {
          try trust.check(file, pin: expectedSHA256) { known.sha256 }
          return .success(known)
        }
        let plugin = try open(file, pin: expectedSHA256, trust: trust)
        opened[file.identity] = plugin
        return .success(plugin)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static let opened = Mutex<[FileIdentity: LoadedPlugin]>([:])

  private static func open(_ file: PluginFile, pin: String?, trust: PluginTrust) throws(Diagnostic) -> LoadedPlugin {
    let (stamp, symbol) = try file.withElf { elf throws(Diagnostic) in
      let stamp = try ElfStamp.required(in: elf)
      try stamp.check(path: file.path)
      return (stamp, try EntryPoint.symbol(of: elf))
    }
    let admitted = try trust.admit(file, pin: pin)
    let (factory, manifest) = try admitted.opening { () throws(Diagnostic) in
      let factory = try EntryPoint.factory(
        path: file.path, image: admitted.image, symbol: symbol, language: stamp.language)
      return (factory, factory.manifest)
    }
    try checkIdentifier(manifest.id, of: file.path)
    return LoadedPlugin(
      manifest: manifest, file: file, sha256: admitted.sha256, compiler: stamp.compiler, factory: factory)
  }

  /// Refuses an id that YAML could not name.
  static func checkIdentifier(_ id: String, of path: String) throws(Diagnostic) {
    guard !isIdentifier(id) else { return }
    throw Diagnostic(
      "P315", "plugin `\(path)` calls itself `\(id)`; an id has lower-case letters, digits and hyphens",
      hint: "change the id of its manifest")
  }

  static func isIdentifier(_ id: String) -> Bool {
    let fine = id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    return fine && !id.isEmpty && !id.hasPrefix("-") && !id.hasSuffix("-")
  }
}

extension ElfStamp {
  /// Whether a plugin with this stamp can work with this host.
  func check(path: String) throws(Diagnostic) {
    let host = ElfStamp.host
    // The C ABI is counted apart, and needs no compiler of its own.
    let isC = language == CALM_LANGUAGE_C, api = isC ? "the C ABI" : "plugin API"
    let offered = isC ? (major: CALM_C_MAJOR, minor: CALM_C_MINOR) : (major: host.apiMajor, minor: host.apiMinor)
    func refusal(_ code: String, _ what: String, _ hint: String) -> Diagnostic {
      Diagnostic(code, "plugin `\(path)` \(what)", hint: hint)
    }
    guard isC || language == CALM_LANGUAGE_SWIFT else {
      throw refusal(
        "P306",
        "is written for language \(language) of the API; this host knows \(CALM_LANGUAGE_SWIFT), Swift, "
          + "and \(CALM_LANGUAGE_C), C", "use a newer host")
    }
    guard apiMajor == offered.major, apiMinor <= offered.minor else {
      throw refusal(
        "P306", "was built for \(api) \(apiMajor).\(apiMinor); this host offers \(offered.major).\(offered.minor)",
        apiMajor < offered.major ? "build the plugin against this host's API" : "use a newer host, or build the plugin again")
    }
    if isC { return }
    // Swift's ABI is not stable across compilers on Linux, and the first sign of a difference would be a crash.
    guard compiler == host.compiler else {
      throw refusal(
        "P307", "was compiled by `\(compiler)`; this host by `\(host.compiler)`", "build both with the same Swift compiler")
    }
  }
}
