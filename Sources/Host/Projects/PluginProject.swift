import FoundationEssentials
import Glibc
import PluginAPI

/// The files of a new plugin, made from a template.
///
/// A template is a folder `LANGUAGE/KIND` of ordinary files beside `LANGUAGE/common`. It is a plugin of its own that builds as it
/// stands; in paths and in contents the module `PluginName`, the id `plugin-name`, `plugin_name` and the SDK's folder
/// `/path/to/sdk` are replaced.
struct PluginProject: Sendable {
  struct File: Sendable {
    /// In the project.
    let path: String
    let text: String
    let isProgram: Bool
  }

  let files: [File]

  /// - Throws: ``Diagnostic`` C121 where `sdk` has no such template.
  init(names: PluginNames, kind: String, language: String, sdk: PluginSDK) throws(Diagnostic) {
    let folder = "\(sdk.templates)/\(language)"
    guard PluginFile.identity("\(folder)/\(kind)") != nil else {
      throw Self.unsupported(kind: kind, language: language, templates: sdk.templates)
    }
    let replacements = [
      ("PluginName", names.module), ("plugin-name", names.id), ("plugin_name", names.snake), ("/path/to/sdk", sdk.folder),
    ]
    func filled(_ text: String) -> String {
      replacements.reduce(text) { text, replacement in text.replacing(replacement.0, with: replacement.1) }
    }
    var files: [String: File] = [:]
    for part in ["common", kind] {
      for path in Self.paths(below: "\(folder)/\(part)") {
        let source = "\(folder)/\(part)/\(path)"
        let text = String(decoding: try FileBytes.read(source), as: UTF8.self)
        files[path] = File(path: filled(path), text: filled(text), isProgram: access(source, X_OK) == 0)
      }
    }
    self.files = files.values.sorted { $0.path < $1.path }
  }

  /// The first commands of its README: how it is built, tested and shown.
  var commands: [String] {
    let readme = files.first { $0.path == "README.md" }?.text ?? ""
    let block = readme.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "```console" }
    return block.dropFirst().prefix { $0 != "```" }.filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) }
  }

  /// Writes the files into a new folder: all of them, or nothing.
  func write(to folder: String) throws(Diagnostic) {
    // A dangling link is there too.
    var status = stat()
    guard lstat(folder, &status) != 0 else {
      throw Diagnostic("C122", "`\(folder)` is there already", hint: "choose another name or, by `--into`, another folder")
    }
    let aside = "\(folder).\(getpid()).new"
    do {
      for file in files {
        let path = "\(aside)/\(file.path)"
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: url)
        if file.isProgram { chmod(path, 0o755) }
      }
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw Diagnostic("S601", "cannot write `\(folder)`: \(error.localizedDescription)")
    }
    guard rename(aside, folder) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: aside)
      throw Diagnostic("S601", "cannot write `\(folder)`: \(reason)")
    }
  }

  /// The regular files below a folder, without what a build has left there.
  private static func paths(below folder: String) -> [String] {
    let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return all.filter { path in
      var isFolder = false
      let built = path.split(separator: "/").contains { [".build", "target", "__pycache__"].contains($0) }
      return !built && FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder) && !isFolder
    }
  }

  private static func unsupported(kind: String, language: String, templates: String) -> Diagnostic {
    func names(_ folder: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") && $0 != "common" }
        .sorted()
    }
    let pairs = names(templates).map { "\($0): " + names("\(templates)/\($0)").joined(separator: ", ") }
    guard !pairs.isEmpty else {
      return Diagnostic(
        "C123", "there are no templates in `\(templates)`", hint: "install `calm` again, or name another SDK by `--sdk`")
    }
    return Diagnostic(
      "C121", "there is no template of \(PluginKind(rawValue: kind)?.withArticle ?? kind) in \(language)",
      hint: "write it in a language that has one", notes: pairs)
  }
}
