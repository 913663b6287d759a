import PluginAPI
import Synchronization

/// A plugin whose library is open.
struct LoadedPlugin: Sendable {
  let manifest: Manifest
  let path: String
  let compiler: String
  let factory: any PluginFactory
  private let digest: LazyDigest

  /// - Parameter sha256: the file's digest, where it is known.
  init(manifest: Manifest, file: PluginFile, sha256: String? = nil, compiler: String, factory: any PluginFactory) {
    self.manifest = manifest
    self.path = file.path
    self.compiler = compiler
    self.factory = factory
    self.digest = LazyDigest(file, known: sha256)
  }

  /// The digest of the file that was opened.
  var sha256: String { digest.value }
}

/// A file's digest, computed when it is first asked for: a list of plugins does not show it, and libraries can be large.
private final class LazyDigest: Sendable {
  private let file: PluginFile
  private let known: Mutex<String?>

  init(_ file: PluginFile, known: String?) {
    self.file = file
    self.known = Mutex(known)
  }

  var value: String {
    known.withLock { known in
      if let known { return known }
      let digest = file.sha256()
      known = digest
      return digest
    }
  }
}
