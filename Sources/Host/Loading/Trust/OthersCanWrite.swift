import Glibc
import PluginAPI

/// Finds what anybody on the machine could put in a plugin's place.
enum OthersCanWrite {
  /// Throws where everybody may write to the file, or to a folder on the way to it. In a folder like /tmp, where nobody may touch
  /// what is another's, the file has to be one's own.
  static func check(_ path: String) throws(Diagnostic) {
    let real = canonicalPath(path) ?? path
    let file = try status(real)
    guard file.st_mode & S_IWOTH == 0 else { throw fault(path, "`\(real)` can be written by everybody", real) }
    var parent = true
    for folder in folders(of: real) + folders(of: path) {
      let status = try status(folder)
      defer { parent = false }
      guard status.st_mode & S_IWOTH != 0 else { continue }
      guard status.st_mode & S_ISVTX != 0 else {
        throw fault(path, "its folder `\(folder)` can be written by everybody", folder)
      }
      if parent, file.st_uid != geteuid(), file.st_uid != 0 {
        throw Diagnostic(
          "P343", "plugin `\(path)` is not opened: it is another user's, in the folder `\(folder)` of everybody",
          hint: "copy it to a folder of your own")
      }
    }
  }

  private static func status(_ path: String) throws(Diagnostic) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Diagnostic("P301", "cannot read `\(path)`: \(systemMessage())") }
    return status
  }

  /// The folder of a file, and those above it.
  private static func folders(of path: String) -> [String] {
    var rest = path[...], folders: [String] = []
    while let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")) {
      rest = rest[..<slash]
      folders.append(rest.isEmpty ? "/" : String(rest))
    }
    return folders
  }

  private static func fault(_ path: String, _ what: String, _ place: String) -> Diagnostic {
    Diagnostic("P343", "plugin `\(path)` is not opened: \(what)", hint: "chmod o-w '\(place)'")
  }
}
