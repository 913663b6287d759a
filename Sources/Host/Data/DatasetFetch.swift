import FoundationEssentials
import PluginAPI

/// Fetches published data sets, a folder each. What is there already is not asked for, and nothing but a file with the right digest
/// takes a file's name.
struct DatasetFetch {
  /// The folder of the data sets' folders.
  let folder: String
  /// What the addresses begin with.
  let origin: String
  /// Made when something is missing.
  let client: () throws -> any HTTPClient

  /// The files, in their order.
  func fetch(_ dataset: PublishedDataset, log: (String) -> Void) async throws -> [String] {
    try makeFolder("\(folder)/\(dataset.name)")
    var paths: [String] = []
    for file in dataset.files {
      let path = "\(folder)/\(dataset.name)/\(file.name)"
      paths.append(path)
      if FileManager.default.fileExists(atPath: path) {
        guard try Digest.sha256(ofFile: path) == file.sha256 else {
          throw Diagnostic(
            "N502", "\(path) is there already, with other content", hint: "move it away, or choose another folder")
        }
        continue
      }
      let address = "\(origin)/\(dataset.source)/\(file.path)"
      log("fetching \(address)")
      let bytes: [UInt8]
      do { bytes = try await client().send(HTTPRequest("GET", address)).body } catch let failure as HTTPFailure {
        throw Diagnostic(
          failure, about: "data set `\(dataset.name)`",
          hint: "fetch the file on a machine that can, and put it at \(path); or name another origin with --mirror")
      }
      let digest = Digest.sha256(of: bytes)
      guard digest == file.sha256 else {
        throw Diagnostic(
          "N502", "\(address) has sha256 \(digest), but the published file \(file.sha256)",
          hint: "what was answered is another file: an error page, or one that was altered on the way")
      }
      try FileBytes.write(bytes, to: path)
    }
    return paths
  }
}
