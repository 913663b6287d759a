import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

struct PluginRegistryTests {
  let lab: LoadingLab
  let here = SourceMark(file: "run.yaml", line: 7, column: 11)
  let there = SourceMark(file: "run.yaml", line: 2, column: 3)

  init() throws { lab = try LoadingLab() }

  @Test func `an undeclared id is found by its manifest`() throws {
    try lab.copy(LoadingLab.sample(), as: "libLoadingSample.so")
    try lab.compileC("int nothing;", as: "libBare.so")
    let plugin = try registry().plugin(id: "loading-sample", kind: .decoder, mark: here)
    #expect(plugin.path == lab.path("libLoadingSample.so"))
    let other = fault(registry(), "loading-sample", .encoder)
    #expect(other?.code == "P310" && other?.mark == here)
    #expect(other?.message == "plugin `loading-sample` is a decoder, but an encoder is needed here")
  }

  @Test func `a declared library is opened when it is asked for, under any id`() throws {
    try lab.copy(LoadingLab.sample(), as: "libLoadingSample.so")
    try lab.write([1, 2, 3], as: "libBroken.so")
    let registry = registry(declared: [
      ("my-decoder", "libLoadingSample.so", nil, there), ("other", lab.path("libLoadingSample.so"), nil, there),
      ("broken", "libBroken.so", nil, there), ("pinned", "libLoadingSample.so", "00", there),
      ("gone", "libLoadingSampel.so", nil, there),
    ])
    let plugin = try registry.plugin(id: "my-decoder", kind: .decoder, mark: here)
    #expect(try registry.plugin(id: "other", kind: .decoder, mark: here).factory === plugin.factory)
    let broken = fault(registry, "broken")
    #expect(broken?.code == "P302" && broken?.mark == there)
    #expect(fault(registry, "pinned")?.code == "P312")
    let gone = fault(registry, "gone")
    #expect(gone?.code == "P301" && gone?.hint == "did you mean `libLoadingSample.so`?")
    #expect(gone?.notes == ["looked in: \(lab.folder)"])
    #expect(fault(registry, "my-decoder", .loss)?.message == "plugin `my-decoder` is a decoder, but a loss is needed here")
  }

  @Test func `an unknown id tells what there is`() throws {
    try lab.copy(LoadingLab.sample(), as: "libLoadingSample.so")
    try lab.compileC(as: "libOld.so", flags: ["-DCALM_API_MAJOR=9"])
    let registry = PluginRegistry(
      declared: [("alias", "libLoadingSample.so", nil, there)],
      searching: PluginFolders([lab.folder, lab.path("none")]))
    let fault = fault(registry, "loading-sampel")
    #expect(fault?.code == "P313" && fault?.mark == here)
    #expect(fault?.message == "there is no plugin `loading-sampel`")
    #expect(fault?.hint == "did you mean `loading-sample`?")
    #expect(fault?.notes.first == "found: alias, loading-sample")
    #expect(fault?.notes.dropFirst().first == "looked in: \(lab.folder), \(lab.path("none")) (no such folder)")
    #expect(fault?.notes.last?.contains("libOld.so` was built for plugin API 9.\(CALM_API_MINOR)") == true)
    // Here the name of the file tells which library was meant.
    #expect(self.fault(registry, "old")?.code == "P306")
    #expect(self.fault(PluginRegistry(declared: [], searching: PluginFolders([])), "x")?.notes.first == "found: none")
  }

  @Test func `two files with one id`() throws {
    try lab.copy(LoadingLab.sample(), as: "libLoadingSample.so")
    try lab.copy(LoadingLab.sample(), as: "libTwin.so")
    let fault = fault(registry(), "loading-sample")
    #expect(fault?.code == "P311")
    #expect(
      fault?.message == "plugin `loading-sample` is ambiguous: `\(lab.path("libLoadingSample.so"))` and "
        + "`\(lab.path("libTwin.so"))` all carry that id")
    #expect(registry().all().faults.map(\.code) == ["P311"] && registry().all().plugins.count == 2)

    let chosen = registry(declared: [("loading-sample", "libTwin.so", nil, there)])
    #expect(try chosen.plugin(id: "loading-sample", kind: .decoder, mark: here).path == lab.path("libTwin.so"))
    #expect(chosen.all().faults.isEmpty)
  }

  @Test func `a list of what there is, and of what is broken`() throws {
    try lab.copy(LoadingLab.sample(), as: "libLoadingSample.so")
    #expect(try ChildProcess.run(["ln", "-s", "libLoadingSample.so", lab.path("libAgain.so")]).outcome == .exited(0))
    try lab.compileC("int nothing;", as: "libBare.so")
    try lab.compileC(as: "libPluginAPI.so", flags: ["-DCALM_API_MAJOR=9"])
    try lab.compileC(as: "libOld.so", flags: ["-DCALM_API_MAJOR=9"])
    try lab.write(Array("text".utf8), as: "libText.so")
    try lab.write(Array("text".utf8), as: "other.so")
    let (plugins, faults) = registry(declared: [("gone", "/none/libGone.so", nil, there)]).all()
    #expect(plugins.map(\.manifest.id) == ["loading-sample"])
    #expect(faults.map(\.code) == ["P301", "P306", "P302"] && faults.first?.mark == there)
  }

  @Test func `where plugins are looked for`() throws {
    let folders = PluginFolders(listed: ["/a", "/b"]).paths
    let products = try #require(folders.first)
    #expect(FileManager.default.fileExists(atPath: products + "/libPluginAPI.so"))
    #expect(folders.suffix(2) == ["/a", "/b"] && !folders.joined().contains(".."))
    let parent = products[..<(try #require(products.lastIndex(of: "/")))]
    #expect(folders[1...2] == ["\(parent)/lib/calm", "\(parent)/lib/calm/plugins"])
  }

  private func registry(declared: [PluginRegistry.Declaration] = []) -> PluginRegistry {
    PluginRegistry(declared: declared, searching: PluginFolders([lab.folder]))
  }

  private func fault(_ registry: PluginRegistry, _ id: String, _ kind: PluginKind = .decoder) -> Diagnostic? {
    loadingFault { try registry.plugin(id: id, kind: kind, mark: here) }
  }
}
