import PluginAPI
import Synchronization

/// What a plugin's file has to pass before any of its code runs: nobody else can change it, it is the one that a pin or
/// `plugins.lock` names, and it did not end a program before.
struct PluginTrust: Sendable {
  /// The lock that counts, nil where there is none. One that cannot be read lets nothing pass.
  private let locked: Result<PluginLock?, Diagnostic>
  /// Where plugins that crash are remembered; nil: nothing is asked at all.
  private let quarantine: Quarantine?

  private init(_ locked: Result<PluginLock?, Diagnostic>, _ quarantine: Quarantine?) {
    self.locked = locked
    self.quarantine = quarantine
  }

  /// Without a lock.
  static let unlocked = PluginTrust(.success(nil), .standard)

  /// For the host's own libraries, and for processes that are there to try what a plugin does.
  static let unchecked = PluginTrust(.success(nil), nil)

  /// With the lock of the current folder, where there is one: for commands without an experiment.
  static var here: PluginTrust { beside(["plugins.yaml"]) }

  /// With the lock beside the first of these files, or else with those beside the others.
  static func beside(_ files: [String], quarantine: Quarantine = .standard) -> PluginTrust {
    do throws(Diagnostic) {
      guard let first = files.first else { return PluginTrust(.success(nil), quarantine) }
      if let own = try PluginLock.find(beside: first) { return PluginTrust(.success(own), quarantine) }
      var found: PluginLock?
      for file in files.dropFirst() {
        guard let other = try PluginLock.find(beside: file) else { continue }
        found = found?.merged(with: other) ?? other
      }
      return PluginTrust(.success(found), quarantine)
    } catch {
      return PluginTrust(.failure(error), quarantine)
    }
  }

  /// Whether plugins that the lock does not name are let through: `--allow-unpinned`.
  static var allowsUnpinned: Bool {
    get { unpinned.load(ordering: .relaxed) }
    set { unpinned.store(newValue, ordering: .relaxed) }
  }
  private static let unpinned = Atomic<Bool>(false)

  /// The lock, nil where there is none or it cannot be read.
  var lock: PluginLock? { (try? locked.get()) ?? nil }

  /// What vouches for a plugin's bytes.
  enum Pin: String, Sendable {
    case lock, configuration, none
  }

  /// - Parameter pin: the digest that the configuration gives.
  func pin(of sha256: String, configured pin: String?) -> Pin {
    if pin?.lowercased() == sha256 { return .configuration }
    return lock?.entries.contains { $0.sha256 == sha256 } == true ? .lock : .none
  }

  /// Throws where the pins do not let a file with this digest pass.
  func check(_ file: PluginFile, pin: String?, digest: () -> String) throws(Diagnostic) {
    let lock = try locked.get()
    guard pin != nil || lock != nil else { return }
    let found = digest()
    if let pin {
      guard pin.lowercased() == found else {
        throw Diagnostic(
          "P312", "plugin `\(file.path)` is pinned to sha256 \(pin), but the file's is \(found)",
          hint: "use the pinned file, or change the pin if the new one is meant")
      }
      return
    }
    try lock?.check(file.path, sha256: found, allowingUnlisted: Self.allowsUnpinned)
  }

  /// Lets a file in, or throws.
  func admit(_ file: PluginFile, pin: String?) throws(Diagnostic) -> AdmittedPlugin {
    guard let quarantine else {
      try check(file, pin: pin) { file.sha256() }
      return AdmittedPlugin(image: file.path, sha256: nil, quarantine: nil)
    }
    try OthersCanWrite.check(file.path)
    let sha256 = pin == nil && lock == nil ? DigestMemory.sha256(of: file) : file.sha256()
    try check(file, pin: pin) { sha256 }
    try quarantine.check(sha256, path: file.path)
    // Bytes that were promised are copied to where nobody else can exchange them between this look and the loader's.
    let image = self.pin(of: sha256, configured: pin) == .none ? file.path : try PrivateCopy.of(file.path, sha256: sha256)
    return AdmittedPlugin(image: image, sha256: sha256, quarantine: quarantine)
  }

  /// Lets the script or the program of a process in, or throws. It is not copied: what it needs lies beside it.
  func admit(program file: PluginFile, pin: String?) throws(Diagnostic) {
    if quarantine != nil { try OthersCanWrite.check(file.path) }
    try check(file, pin: pin) { file.sha256() }
  }
}

/// A plugin's file that may be opened.
struct AdmittedPlugin {
  /// The path to open, which holds the bytes that were looked at.
  let image: String
  /// Nil where it was not asked for.
  let sha256: String?
  fileprivate let quarantine: Quarantine?

  /// Runs `body`, which opens the library and first enters its code. Where the process does not survive that, the plugin is in
  /// quarantine from then on.
  func opening<Result>(_ body: () throws(Diagnostic) -> Result) throws(Diagnostic) -> Result {
    guard let quarantine, let sha256 else { return try body() }
    return try quarantine.watching(sha256, path: image, body)
  }
}
