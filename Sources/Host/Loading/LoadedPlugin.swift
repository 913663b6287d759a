import PluginAPI
import Synchronization

/// A plugin whose library is open.
struct LoadedPlugin: Sendable {
  let manifest: Manifest
  let path: String
  let compiler: String
  let factory: any PluginFactory
  private let digest: LazyDigest

  init(manifest: Manifest, file: PluginFile, compiler: String, factory: any PluginFactory) {
    self.manifest = manifest
    self.path = file.path
    self.compiler = compiler
    self.factory = factory
    self.digest = LazyDigest(file)
  }

  /// The digest of the file that was opened.
  var sha256: String { digest.value }
}

/// A file's digest, computed when it is first asked for: a list of plugins does not show it, and libraries can be large.
private final class LazyDigest: Sendable {
  private let file: PluginFile
  private let known = Mutex<String?>(nil)

  init(_ file: PluginFile) { self.file = file }

  var value: String {
    known.withLock { known in
      if let known { return known }
      let digest = file.sha256()
      known = digest
      return digest
    }
  }
}
