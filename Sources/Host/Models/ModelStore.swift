import FoundationEssentials
import Glibc
import PluginAPI

/// Where fetched models live: `models/<name>` in the cache, each with a record of what it is, and `wheels` for the packages that they
/// came in.
struct ModelStore: Sendable {
  /// What ``recordName`` holds: a folder is a model only where its record agrees with the declaration.
  struct Record: Codable {
    struct File: Codable {
      var sha256: String
      var bytes: Int
    }
    var requirement: String
    var wheelSHA256: String
    var folder: String
    var files: [String: File]
  }

  static let recordName = ".fetched.json"

  let root: String

  init(root: String = defaultCacheFolder()) { self.root = root }

  var models: String { root + "/models" }
  var wheels: String { root + "/wheels" }

  /// Where the model is once it is fetched.
  func path(of model: DeclaredModel) -> String { "\(models)/\(model.name)" }

  /// The model's folder, where it has been fetched as it is declared. Digests were checked then; now a look at the record and at
  /// the sizes is enough.
  func folder(of model: DeclaredModel) -> String? {
    let path = path(of: model)
    guard let data = FileManager.default.contents(atPath: "\(path)/\(Self.recordName)"),
      let record = try? JSONDecoder().decode(Record.self, from: data),
      record.requirement == model.requirement, record.folder == model.folder,
      model.wheelSHA256 == nil || model.wheelSHA256 == record.wheelSHA256
    else { return nil }
    // Files that the declaration does not name are needed too.
    let whole =
      model.files.allSatisfy { name, digest in record.files[name]?.sha256 == digest }
      && record.files.allSatisfy { name, file in Self.size("\(path)/\(name)") == file.bytes }
    return whole ? path : nil
  }

  /// The size of a regular file; nil for anything else, links included.
  static func size(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Runs `body` while no other process fetches this model. The lock goes with the process, however that ends.
  func locked<Result>(
    _ model: DeclaredModel, log: (String) -> Void, _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    try makeFolder(models)
    let path = "\(models)/.\(model.name).lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure("open the lock", path) }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      log("another process is fetching model `\(model.name)`: waiting for it")
      while flock(descriptor, LOCK_EX) != 0 {
        guard errno == EINTR else { throw Self.failure("lock", path) }
      }
    }
    return try body()
  }

  func makeFolder(_ path: String) throws(Diagnostic) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Self.failure("make the folder", path)
    }
  }

  /// An empty folder for what is not finished yet. Only the holder of the model's lock uses it, so leftovers can go.
  func freshFolder(_ path: String) throws(Diagnostic) {
    try? FileManager.default.removeItem(atPath: path)
    try makeFolder(path)
  }

  /// Gives a finished file or folder its name; replaces what had it.
  func publish(_ finished: String, as path: String) throws(Diagnostic) {
    let aside = "\(finished).old"
    try? FileManager.default.removeItem(atPath: aside)
    if rename(path, aside) != 0 && errno != ENOENT { throw Self.failure("replace", path) }
    guard rename(finished, path) == 0 else { throw Self.failure("write", path) }
    try? FileManager.default.removeItem(atPath: aside)
  }

  static func failure(_ what: String, _ path: String) -> Diagnostic {
    Diagnostic(
      "S601", "cannot \(what) `\(path)`: \(String(cString: strerror(errno)))",
      hint: "free space or rights there, or set CALM_CACHE to another folder")
  }
}

extension DeclaredModel {
  /// Where it is once it is fetched: its folder, or its file where a GGUF file is all that it declares.
  var path: String {
    let folder = ModelStore().path(of: self)
    guard files.count == 1, let file = files.keys.first, file.hasSuffix(".gguf") else { return folder }
    return folder + "/" + file
  }
}
