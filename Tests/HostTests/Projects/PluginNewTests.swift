import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// What `calm plugin new` writes builds, passes its own test, loads in the host as it is, and keeps the laws of its kind.
@Suite(.serialized)
struct PluginNewTests {
  /// The four of them make an experiment.
  @Test func `a project in Swift of each kind`() async throws {
    let shell = try Shell()
    defer { shell.remove() }
    let kinds = ["augmentor", "encoder", "decoder", "loss"]
    for kind in kinds {
      try await NewProject.build(
        kind, "swift", in: shell, folder: ".build/release", without: kind == "augmentor" ? [] : ["swift test"])
    }
    try expectTests(of: Array(kinds.dropFirst()), in: shell)

    let lab = try Lab()
    let libraries = PluginFolders(kinds.map { "\(shell.folder)/swift-\($0)/.build/release" }).libraries()
    let declared = zip(kinds, libraries).map { "swift-\($0): {library: \($1)}" }
    try lab.write(
      """
      extends: experiment.yaml
      plugins: {\(declared.joined(separator: ", "))}
      contexts: {store: store.sqlite}
      augmentor: {plugin: swift-augmentor}
      encoder: {plugin: swift-encoder, options: {width: 16, rows: 500}}
      decoder: {plugin: swift-decoder}
      loss: {plugin: swift-loss}
      training: {epochs: 30, learningRates: {encoder: 0.03, classifier: 0.03, crf: 0.03}}
      """, to: "mine.yaml")
    let check = try lab.calm("check", lab.path("mine.yaml"))
    #expect(check.code == 0, "\(check.errors)")
    let run = try lab.calm("run", lab.path("mine.yaml"), "--out", lab.path("run"))
    #expect(run.code == 0, "\(run.errors)")
    // Names and places of the small corpus are learnt by heart.
    let f1 = try lab.json("run/results.json")["test"]?["with"]?["micro"]?["f1"]?.number
    #expect(try #require(f1) > 0.9, "\(String(describing: f1))")
  }

  @Test func `nothing is written where something is wrong`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    func refused(_ arguments: String..., code: Int32 = 2, says: String) throws {
      let lab = try ChildProcess.run([Lab.program, "plugin", "new"] + arguments + ["--into", shell.folder])
      #expect(lab.outcome == .exited(code), "\(arguments)")
      #expect(String(decoding: lab.errors, as: UTF8.self).contains(says), "\(String(decoding: lab.errors, as: UTF8.self))")
    }
    try refused("my notes", "--kind", "augmentor", "--language", "swift", says: "did you mean `my-notes`?")
    try refused("crf", "--kind", "decoder", "--language", "swift", says: "there is a plugin `crf` already")
    try refused(
      "mine", "--kind", "encoder", "--language", "python", says: "error[C121]: there is no template of an encoder in python")
    try refused("mine", "--kind", "poem", "--language", "swift", says: "poem")
    try refused("mine", "--kind", "loss", "--language", "swift", "--sdk", shell.folder, says: "error[C123]")
    try FileManager.default.createDirectory(atPath: shell.folder + "/mine", withIntermediateDirectories: true)
    try refused("mine", "--kind", "loss", "--language", "swift", says: "error[C122]")
    #expect(try FileManager.default.contentsOfDirectory(atPath: shell.folder) == ["mine"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: shell.folder + "/mine").isEmpty)
  }

  /// Building tests takes a while, so those of several projects are built together.
  private func expectTests(of kinds: [String], in shell: Shell) throws {
    let names = try kinds.map { try PluginNames("swift-\($0)") }
    var script = ["mkdir -p all/Sources all/Tests"]
    for name in names { script += ["Sources", "Tests"].map { "cp -r \(name.id)/\($0)/* all/\($0)/" } }
    let own = try #require(FileManager.default.contents(atPath: "\(shell.folder)/\(names[0].id)/Package.swift"))
    let manifest = String(decoding: own, as: UTF8.self)
    // The targets of each project, with the settings that its manifest gives to them.
    let targets = try #require(manifest.firstRange(of: "  targets: [\n"))
    let end = try #require(manifest.firstRange(of: "  ],\n  swiftLanguageModes"))
    let all = names.map { String(manifest[targets.upperBound..<end.lowerBound]).replacing(names[0].module, with: $0.module) }
    let head = manifest[..<targets.upperBound].split(separator: "\n").filter { !$0.hasPrefix("  products:") }
    script += ["cat > all/Package.swift << 'END OF FILE'", head.joined(separator: "\n")] + all
    script += [String(manifest[end.lowerBound...]) + "END OF FILE", "cd all", "swift test"]
    let output = try shell.run(script.joined(separator: "\n"))
    #expect(output?.contains("in 3 suites passed") == true, "\(output ?? "")")
  }
}
