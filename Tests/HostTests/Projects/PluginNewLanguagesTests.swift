import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Projects of `calm plugin new` that need no Swift.
@Suite(.serialized)
struct PluginNewLanguagesTests {
  @Test(.enabled(if: Shell.has("cc")), arguments: ["augmentor", "loss"])
  func `a project in C`(kind: String) async throws {
    let shell = try Shell()
    defer { shell.remove() }
    try await NewProject.build(kind, "c", in: shell, folder: "build")
  }

  @Test(.enabled(if: Shell.has("cargo"), "there is no cargo"), arguments: ["augmentor", "loss"])
  func `a project in Rust`(kind: String) async throws {
    let shell = try Shell()
    defer { shell.remove() }
    try await NewProject.build(kind, "rust", in: shell, folder: "target/release")
  }

  @Test(.enabled(if: Shell.has("python3"), "there is no python3"))
  func `a project in Python`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let names = try PluginNames("MyPart")
    try NewProject.project("augmentor", "python", names).write(to: shell.folder + "/MyPart")
    #expect(try shell.run("cd MyPart\npython3 test_my_part.py")?.contains("OK") == true)

    let lab = try Lab()
    try lab.write(
      """
      extends: experiment.yaml
      plugins: {my-part: {command: [python3, \(shell.folder)/MyPart/my_part.py]}}
      contexts: {store: store.sqlite}
      augmentor: {plugin: my-part, options: {wording: "Here are {}."}}
      """, to: "mine.yaml")
    let answer = try lab.calm("augment", lab.path("mine.yaml"), "--split", "test", "--limit", "2", "--format", "jsonl")
    #expect(answer.code == 0, "\(answer.errors)")
  }
}
