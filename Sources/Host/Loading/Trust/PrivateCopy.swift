import FoundationEssentials
import Glibc
import PluginAPI

/// Copies of pinned plugins, in a folder that only this user can write: what was looked at there is what the loader opens.
///
/// A copy keeps its file's name, for those who read backtraces. It lies in a folder named by its digest, beside links to the other
/// libraries of the folder that it is from, so that it finds those that it needs.
enum PrivateCopy {
  /// The path of a copy with this digest, made where there is none.
  static func of(_ path: String, sha256: String, cache: String = defaultCacheFolder()) throws(Diagnostic) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let folder = cache + "/plugins/" + sha256
    do { try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true) } catch {
      throw Diagnostic("S601", "the cache folder `\(cache)` cannot be made: \(systemMessage())")
    }
    for folder in [cache + "/plugins", folder] { try own(folder) }
    let copy = folder + "/" + name
    if (try? Digest.sha256(ofFile: copy)) != sha256 { try make(copy, from: path, sha256: sha256) }
    link(libraries: path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ".", into: folder, besides: name)
    return copy
  }

  /// Makes a folder of this user's alone, or makes sure that it is one.
  private static func own(_ folder: String) throws(Diagnostic) {
    mkdir(folder, 0o700)
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Diagnostic("S601", "the folder `\(folder)` for plugins cannot be made: \(systemMessage())")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw Diagnostic(
        "P343", "the folder `\(folder)` for copies of plugins is not this user's alone", hint: "chmod 700 '\(folder)'")
    }
  }

  private static func make(_ copy: String, from path: String, sha256: String) throws(Diagnostic) {
    let temporary = "\(copy).\(getpid()).partial"
    unlink(temporary)
    let bytes = try FileBytes.read(path)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Diagnostic("S601", "cannot write `\(temporary)`: \(systemMessage())") }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, bytes.count - done) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      done += count
    }
    let fault = Diagnostic("S601", "cannot write `\(temporary)`: \(systemMessage())")
    close(file)
    defer { unlink(temporary) }
    guard done == bytes.count else { throw fault }
    // The copy is looked at, not what it was made from, which may have been exchanged in the meantime.
    guard Digest.sha256(of: bytes) == sha256, (try? Digest.sha256(ofFile: temporary)) == sha256 else {
      throw Diagnostic("P312", "plugin `\(path)` changed while it was read", hint: "try again when nothing writes to it")
    }
    guard rename(temporary, copy) == 0 else { throw Diagnostic("S601", "cannot write `\(copy)`: \(systemMessage())") }
  }

  private static func link(libraries source: String, into folder: String, besides own: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: source)) ?? [] where name != own && name.contains(".so") {
      let target = source + "/" + name, place = folder + "/" + name
      if let there = try? FileManager.default.destinationOfSymbolicLink(atPath: place), there == target { continue }
      unlink(place)
      symlink(target, place)
    }
  }
}
