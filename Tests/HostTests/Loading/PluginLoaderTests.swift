import PluginAPI
import Testing

@testable import Host

struct PluginLoaderTests {
  let lab: LoadingLab

  init() throws { lab = try LoadingLab() }

  @Test func `a real plugin makes instances`() throws {
    let path = try LoadingLab.sample()
    let plugin = try PluginLoader.load(path: path, expectedSHA256: Digest.sha256(ofFile: path).uppercased())
    #expect(plugin.manifest.id == "loading-sample" && plugin.manifest.kind == .decoder && plugin.manifest.version == "1.2.3")
    #expect(plugin.path == path && plugin.compiler == ElfStamp.host.compiler)
    #expect(try plugin.sha256 == Digest.sha256(ofFile: path))
    let mark = SourceMark(file: "test.yaml", line: 3, column: 5)
    let options = ConfigNode(
      .map([
        .init(.init("times", mark: mark), ConfigNode(.scalar("7", quoted: false), mark: mark)),
        .init(.init("mode", mark: mark), ConfigNode(.scalar("plain", quoted: false), mark: mark)),
      ]), mark: mark)
    let services = Services(seed: 1, cacheFolder: lab.folder) { _, _ in }
    #expect(try plugin.factory.make(options: options, shape: Shape(), services: services).saveState() == [7])
    let wrong = ConfigNode(.map([]), mark: mark)
    let faults = #expect(throws: Diagnostics.self) {
      try plugin.factory.make(options: wrong, shape: Shape(), services: services)
    }
    #expect(faults?.items.map(\.code) == ["C103"] && faults?.items.first?.mark == mark)
  }

  @Test func `the same file is the same plugin, by whatever path`() async throws {
    let path = try LoadingLab.sample()
    let link = lab.path("libLink.so")
    #expect(try ChildProcess.run(["ln", "-s", path, link]).outcome == .exited(0))
    let first = try PluginLoader.load(path: path)
    #expect(try PluginLoader.load(path: link).factory === first.factory)
    try await withThrowingTaskGroup(of: LoadedPlugin.self) { group in
      for _ in 0..<8 { group.addTask { try PluginLoader.load(path: path) } }
      for try await plugin in group { #expect(plugin.factory === first.factory) }
    }
    let pinned = fault(path, pin: String(repeating: "0", count: 64))
    #expect(pinned?.code == "P312")
  }

  @Test func `a renamed plugin is found by its only entry point`() throws {
    let path = try lab.copy(LoadingLab.sample(), as: "libOther.so")
    #expect(try PluginLoader.load(path: path).manifest.id == "loading-sample")
  }

  @Test func `another version of the API`() throws {
    let host = "this host offers \(CALM_API_MAJOR).\(CALM_API_MINOR)"
    try expect("-DCALM_API_MAJOR=9", "P306", "was built for plugin API 9.\(CALM_API_MINOR); \(host)")
    try expect("-DCALM_API_MINOR=77", "P306", "was built for plugin API \(CALM_API_MAJOR).77; \(host)")
    try expect("-DCALM_LANGUAGE=5", "P306", "is written for language 5 of the API; this host knows 1, Swift, and 2, C")
  }

  @Test func `another compiler`() throws {
    let path = try lab.compileC(as: "libOld.so", compiler: "Clang 17.0.0 (elsewhere)")
    let fault = fault(path)
    #expect(fault?.code == "P307")
    #expect(
      fault?.message == "plugin `\(path)` was compiled by `Clang 17.0.0 (elsewhere)`; this host by `\(ElfStamp.host.compiler)`")
    #expect(loadingFault { try PluginLoader.load(path: lab.compileC(as: "libNative.so", compiler: nil)) }?.code == "P307")
  }

  @Test func `no entry point, or too many`() throws {
    let none = try lab.compileC("#include \"calm_plugin.h\"\nint calm_plugin_data;", as: "libNone.so")
    #expect(fault(none)?.code == "P308")
    #expect(fault(none)?.message == "plugin `\(none)` exports no `calm_plugin_None`")
    let two = try lab.compileC(
      "#include \"calm_plugin.h\"\nvoid calm_plugin_A(void) {} void calm_plugin_B(void) {}", as: "libTwo.so")
    #expect(fault(two)?.code == "P308")
    #expect(
      fault(two)?.message == "plugin `\(two)` exports no `calm_plugin_Two`, but `calm_plugin_A` and `calm_plugin_B`")
  }

  @Test func `a symbol that this host lacks is shown readable`() throws {
    let source =
      LoadingLab.cPlugin + #"""

        __asm__(".data\n.quad \"$s9PluginAPI8brandNewSiyF\"\n.text");
        """#
    let fault = fault(try lab.compileC(source, as: "libLacking.so"))
    #expect(fault?.code == "P314")
    #expect(fault?.message.contains("undefined symbol: `PluginAPI.brandNew() -> Swift.Int`") == true)
    #expect(fault?.hint != nil)
  }

  @Test func `a library that is not installed`() throws {
    try lab.compileC("int other;", as: "libGone.so")
    let path = try lab.compileC(as: "libNeedy.so", flags: ["-Wl,--no-as-needed", "-L", lab.folder, "-lGone"])
    #expect(try ChildProcess.run(["rm", lab.path("libGone.so")]).outcome == .exited(0))
    let fault = fault(path)
    #expect(fault?.code == "P314" && fault?.message.contains("libGone.so: cannot open shared object file") == true)
    #expect(fault?.hint == "install that library, or put it where the loader looks")
  }

  @Test func `an entry point without a factory`() throws {
    let nothing = try lab.compileC(as: "libNothing.so")
    #expect(fault(nothing)?.code == "P309")
    #expect(fault(nothing)?.message == "plugin `\(nothing)`: the factory of `calm_plugin_Nothing` gave nothing")
    for body in ["return 0;", "static calm_plugin_info info = {8}; return &info;"] {
      let source = "#include \"calm_plugin.h\"\nconst calm_plugin_info *ENTRY(void) { \(body) }"
      let path = try lab.compileC(source, as: body.count < 20 ? "libVoid.so" : "libSmall.so")
      #expect(fault(path)?.code == "P309" && fault(path)?.message.contains("describes no factory") == true)
    }
  }

  @Test func `a plugin with its own copy of the API`() throws {
    let path = try LoadingLab.stranger()
    let fault = fault(path)
    #expect(fault?.code == "P309" && fault?.hint == "link libPluginAPI.so dynamically")
    #expect(fault?.message == "plugin `\(path)` carries its own copy of module PluginAPI")
  }

  @Test func `an id that cannot be written in a file`() throws {
    let fault = fault(try LoadingLab.misnamed())
    #expect(fault?.code == "P315" && fault?.message.contains("calls itself `Loading Sample`") == true)
  }

  @Test func `a pinned digest`() throws {
    let path = try lab.copy(LoadingLab.sample(), as: "libPinned.so")
    let pin = String(repeating: "ab", count: 32)
    let fault = fault(path, pin: pin)
    #expect(fault?.code == "P312")
    #expect(
      try fault?.message == "plugin `\(path)` is pinned to sha256 \(pin), but the file's is \(Digest.sha256(ofFile: path))")
  }

  private func fault(_ path: String, pin: String? = nil) -> Diagnostic? {
    loadingFault { try PluginLoader.load(path: path, expectedSHA256: pin) }
  }

  private func expect(_ flag: String, _ code: String, _ message: String) throws {
    let path = try lab.compileC(as: "libMade.so", flags: [flag])
    let fault = fault(path)
    #expect(fault?.code == code && fault?.hint != nil)
    #expect(fault?.message == "plugin `\(path)` \(message)")
  }
}
