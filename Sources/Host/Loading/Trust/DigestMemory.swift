import Glibc
import PluginAPI
import Synchronization

/// Digests of plugins' files, remembered by what the file system says of a file, so that a start need not read every library.
/// Where a pin or a lock counts, the bytes are read all the same.
enum DigestMemory {
  static func sha256(of file: PluginFile) -> String {
    let path = defaultCacheFolder() + "/digests"
    let found = remembered.withLock { digests in
      if digests == nil { digests = read(path) }
      return digests?[file.version]
    }
    if let found { return found }
    let digest = file.sha256()
    remembered.withLock { $0?[file.version] = digest }
    // A file that was written a moment ago may be written again without another time.
    guard time(nil) - file.changed > 2 else { return digest }
    try? FileBytes.append("\(file.version) \(digest)\n", to: path)
    return digest
  }

  private static let remembered = Mutex<[String: String]?>(nil)
  /// Beyond this the file begins anew.
  private static let most = 256 << 10

  private static func read(_ path: String) -> [String: String] {
    guard let bytes = try? FileBytes.read(path) else { return [:] }
    guard bytes.count < most else {
      unlink(path)
      return [:]
    }
    var digests: [String: String] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 2, fields[1].utf8.count == 64 { digests[String(fields[0])] = String(fields[1]) }
    }
    return digests
  }
}
