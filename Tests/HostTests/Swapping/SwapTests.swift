import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Plugins change and nothing is compiled: by overrides, by another file, by a file that extends another.
@Suite("Plugins are exchanged")
struct SwapTests {
  let lab: Lab

  init() throws {
    lab = try Lab()
    try FileManager.default.copyItem(atPath: BadPlugins.library.get(), toPath: lab.path("libBad.so"))
    try lab.write(
      """
      extends: experiment.yaml
      plugins:
        toy: {library: \(try ToyPlugin.library())}
        distances: {library: ./libBad.so}
      contexts: {store: store.sqlite}
      training: {epochs: 1}
      """, to: "swap.yaml")
  }

  private func calm(_ arguments: [String]) throws -> Lab.Answer {
    // The library's loss: likelihood, and squared distances between the views.
    try Lab.calm(arguments, environment: ["CALM_BAD_PLUGIN": "loss"])
  }

  @Test func `one experiment runs with three language models and two losses by overrides alone`() throws {
    let server = try FakeLanguageServer()
    let other = try FakeLanguageServer(fault: { _, sentence, connection in
      connection.answer(
        headers: ["content-type": "application/json"], FakeLanguageServer.whole("a word on " + sentence, chat: true))
      return true
    })
    defer {
      server.stop()
      other.stop()
    }
    func remote(_ server: FakeLanguageServer, _ model: String) -> [String] {
      ["augmentor.plugin=remote-llm", "augmentor.options={endpoint: \"\(server.endpoint)\", model: \(model)}"]
    }
    var writers = [
      ("toy-writer", ["augmentor.plugin=toy", "augmentor.options.log=\(lab.path("asked.txt"))"]),
      ("remote-llm", remote(server, "tiny")),
    ]
    // Where it has been fetched, a model in this very process; another one behind the server elsewhere.
    if let model = PretrainedModel.smollm2 {
      writers.append(("llama2", ["augmentor.plugin=llama2", "augmentor.options={model: \"\(model)\", maxNewTokens: 4}"]))
    } else {
      writers.append(("remote-llm", remote(other, "other")))
    }
    var models: Set<[UInt8]> = []
    for (i, writer) in writers.enumerated() {
      for (loss, id) in [("kl-cooperative", "kl-cooperative"), ("distances", "bad")] {
        let run = "run-\(i)-\(loss)", sets = (writer.1 + ["loss.plugin=\(loss)"]).flatMap { ["--set", $0] }
        let answer = try calm(["run", lab.path("swap.yaml"), "--out", lab.path(run)] + sets)
        #expect(answer.code == 0, "\(writer.0), \(loss): \(answer.errors)")
        let used = try #require(PluginsUsed(run: lab.path(run)))
        #expect(used.lines.map(\.id) == [writer.0, "biobert", "crf", id])
        #expect(try lab.json("\(run)/results.json")["test"]?["with"]?["micro"]?["f1"]?.number != nil)
        models.insert(Array(try lab.bytes("\(run)/best/model.safetensors")))
      }
    }
    // Each of the six is another model: what was exchanged was used.
    #expect(models.count == 6)
  }

  @Test func `a plugin that was replaced between two stages of a run is told`() throws {
    let out = lab.path("run"), train = ["train", lab.path("swap.yaml"), "--set", "loss.plugin=distances", "--out", out]
    #expect(try calm(train).code == 0)
    let before = try #require(PluginsUsed(run: out))
    #expect(try !calm(["evaluate", out]).errors.contains("another file"))
    var bytes = try LoadingLab.bytes(lab.path("libBad.so"))
    bytes += [UInt8](repeating: 7, count: 8)
    try Data(bytes).write(to: URL(fileURLWithPath: lab.path("libBad.so")), options: .atomic)

    let evaluated = try calm(["evaluate", out])
    let digest = try Digest.sha256(ofFile: lab.path("libBad.so")), old = try #require(before.lines.last)
    #expect(evaluated.code == 0 && old.id == "bad")
    #expect(
      evaluated.errors.contains(
        "plugin `bad` is another file than before in this run: 1.0.0 (sha256 \(digest.prefix(12))…), "
          + "it was 1.0.0 (sha256 \(old.sha256.prefix(12))…)"), "\(evaluated.errors)")
    // Scoring uses the run and changes nothing about it; going on with it does.
    #expect(PluginsUsed(run: out) == before)
    let resumed = try calm(train + ["--resume"])
    #expect(resumed.code == 0 && resumed.errors.contains("plugin `bad` is another file"), "\(resumed.errors)")
    let text = String(decoding: try lab.bytes("run/plugins.used"), as: UTF8.self)
    #expect(text.contains("bad 1.0.0 \(digest) ") && text.contains("# until ") && text.contains(": bad 1.0.0 \(old.sha256) "))
    #expect(try !calm(train + ["--resume"]).errors.contains("another file"))
    #expect(String(decoding: try lab.bytes("run/plugins.used"), as: UTF8.self) == text)
  }

  @Test func `options of a plugin are extended, and end with it`() throws {
    try lab.write("extends: swap.yaml\nloss: {options: {cooperation: l2, augmentedWeight: 0.25}}\n", to: "base.yaml")
    try lab.write("extends: base.yaml\nloss: {options: {augmentedWeight: 0.75}}\n", to: "more.yaml")
    try lab.write("extends: base.yaml\nloss: {plugin: distances}\n", to: "other.yaml")
    func options(_ file: String) throws -> ConfigNode? {
      let answer = try calm(["config", "show", lab.path(file)])
      #expect(answer.code == 0, "\(answer.errors)")
      return try parseYAML(Array(answer.output.utf8), named: file)["loss"]?["options"]
    }
    let more = try options("more.yaml")
    #expect(more?["cooperation"]?.text == "l2" && more?["augmentedWeight"]?.number == 0.75)
    // The same by an override; and another plugin does not inherit them.
    #expect(try options("other.yaml")?["cooperation"] == nil && options("other.yaml")?["dropout"]?.text == "0.25")
    let set = try calm(["config", "show", lab.path("base.yaml"), "--set", "loss.options.augmentedWeight=0.5"])
    #expect(set.output.contains("augmentedWeight: 0.5") && set.output.contains("cooperation: l2"), "\(set.output)")
  }
}
