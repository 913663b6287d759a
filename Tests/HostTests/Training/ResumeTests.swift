import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// What `--resume` goes on with, and what it refuses.
@Suite("Resumed runs") struct ResumeTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private func run(_ arguments: String...) throws -> (code: Int32, output: String, errors: String) {
    let result = try lab.calm(["run", lab.config, "--out", lab.path("run"), "--quiet"] + arguments)
    return (result.code, result.output, result.errors)
  }

  /// Every file of a folder of the run, by name.
  private func files(_ names: String...) throws -> [[UInt8]] { try names.map { try Array(lab.bytes("run/\($0)")) } }

  @Test func anotherConfigurationLeavesTheRunAsItWas() throws {
    #expect(try run("--set", "training.epochs=2").code == 0)
    let names = ["config.yaml", "plugins.used", "environment.json", "results.json", "best/model.safetensors"]
    let before = try names.map { try files($0) }
    let refused = try run("--resume", "--set", "training.epochs=2", "--set", "training.clip=1")
    #expect(refused.code == 6 && refused.errors.contains("training.clip"), "\(refused.errors)")
    // People delete checkpoints to save space; the run is the same.
    try FileManager.default.removeItem(atPath: lab.path("run/checkpoints"))
    #expect(try run("--resume", "--set", "training.epochs=2", "--set", "seed=3").errors.contains("seed"))
    #expect(try names.map { try files($0) } == before)
  }

  @Test(arguments: ["both", "last"]) func aRunThatStoppedEarlyStaysStopped(select: String) throws {
    // Nothing is learned: no epoch after the first is better.
    let still = [
      "--set", "training.epochs=9", "--set", "training.patience=2", "--set", "training.select=\(select)", "--set",
      "training.learningRates={encoder: 0, classifier: 0, crf: 0}",
    ]
    let arguments = ["run", lab.config, "--out", lab.path("run"), "--quiet"] + still
    #expect(try lab.calm(arguments).code == 0)
    let results = try files("results.json", "metrics.jsonl", "last/model.safetensors")
    #expect(try lab.json("run/results.json")["epochs"]?.items?.count == 3)
    #expect(try lab.calm(arguments + ["--resume"]).code == 0)
    #expect(try files("results.json", "metrics.jsonl", "last/model.safetensors") == results)
  }

  @Test func damagedCheckpointsAreRemovedAndNeverStartARunAfresh() throws {
    #expect(try run("--set", "training.epochs=3").code == 0)
    let results = try files("results.json", "best/model.safetensors")
    func checkpoints() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: lab.path("run/checkpoints")).filter { $0.hasPrefix("step-") }.sorted()
    }
    let both = try checkpoints()
    #expect(both.count == 2)
    try lab.write("cut short", to: "run/checkpoints/\(both[1])/state.safetensors")
    #expect(try run("--set", "training.epochs=3", "--resume").code == 0)
    #expect(try checkpoints() == both && files("results.json", "best/model.safetensors") == results, "made again, whole")
    for name in both { try lab.write("{}", to: "run/checkpoints/\(name)/manifest.json") }
    let none = try run("--set", "training.epochs=3", "--resume")
    #expect(none.code == 6 && none.errors.contains("S602") && none.errors.contains("run/checkpoints"), "\(none.errors)")
    #expect(try files("results.json", "best/model.safetensors") == results)
  }

  /// What a checkpoint says of itself may be damaged too.
  @Test func numbersThatCannotBeArePassedOver() throws {
    #expect(try run("--set", "training.epochs=2").code == 0)
    let results = try files("results.json", "best/model.safetensors")
    let folder = lab.path("run/checkpoints")
    let newest = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("step-") }.max())
    let manifest = "run/checkpoints/\(newest)/manifest.json", whole = String(decoding: try lab.bytes(manifest), as: UTF8.self)
    let changed = whole.replacing(try Regex("\"batch\" ?: ?[0-9]+"), with: "\"batch\": -1")
    #expect(changed != whole)
    try lab.write(changed, to: manifest)
    let resumed = try lab.calm(["run", lab.config, "--out", lab.path("run"), "--set", "training.epochs=2", "--resume"])
    #expect(resumed.code == 0 && resumed.errors.contains("tells of a step that cannot be"), "\(resumed.errors)")
    #expect(try files("results.json", "best/model.safetensors") == results)
  }

  @Test func aDamagedModelIsToldWithoutAFalsePromise() throws {
    #expect(try run("--set", "training.epochs=1").code == 0)
    let manifest = "run/best/manifest.json", text = String(decoding: try lab.bytes(manifest), as: UTF8.self)
    try lab.write(text.replacing("B-", with: "b-"), to: manifest)
    let told = try lab.calm(["evaluate", lab.path("run")])
    #expect(told.code == 6 && told.errors.contains("S602") && told.errors.contains("restore it from a copy"), "\(told.errors)")
    try lab.write(text, to: manifest)
    try FileManager.default.removeItem(atPath: lab.path("run/best/model.safetensors"))
    let missing = try lab.calm(["evaluate", lab.path("run")])
    #expect(missing.code == 6 && missing.errors.contains("model.safetensors is missing"), "\(missing.errors)")
  }

  /// An augmentor may answer otherwise today: a request that failed succeeds, a file was written anew.
  @Test func aRunGoesOnWithTheContextsThatItWasBegunWith() throws {
    #expect(try run("--set", "training.epochs=2").code == 0)
    let results = try files("results.json", "metrics.jsonl", "last/model.safetensors")
    let kept = try files("contexts/train.jsonl")
    try lab.write(
      String(decoding: lab.bytes("contexts.train.json"), as: UTF8.self).replacing("town", with: "village"),
      to: "contexts.train.json")
    #expect(try run("--set", "training.epochs=2", "--resume").code == 0)
    #expect(try files("results.json", "metrics.jsonl", "last/model.safetensors") == results)
    #expect(try files("contexts/train.jsonl") == kept)
    // Sentences that changed are another matter.
    let sentences = String(decoding: try lab.bytes("train.conll"), as: UTF8.self)
    try lab.write(sentences.replacing("town", with: "village"), to: "train.conll")
    let refused = try run("--set", "training.epochs=2", "--resume")
    #expect(refused.code != 0 && refused.errors.contains("has changed since"), "\(refused.errors)")
  }

  /// Where the run keeps no contexts, those of today have to be the same; what is refused leaves nothing behind.
  @Test func otherContextsAreRefusedUntilTheyAreRestored() throws {
    #expect(try run("--set", "training.epochs=2").code == 0)
    let results = try files("results.json", "last/model.safetensors")
    try FileManager.default.removeItem(atPath: lab.path("run/contexts"))
    let contexts = String(decoding: try lab.bytes("contexts.train.json"), as: UTF8.self)
    try lab.write(contexts.replacing("is a town", with: "is a village"), to: "contexts.train.json")
    let refused = try run("--set", "training.epochs=2", "--resume")
    #expect(refused.code == 6 && refused.errors.contains("have changed"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: lab.path("run/contexts")))
    try lab.write(contexts, to: "contexts.train.json")
    #expect(try run("--set", "training.epochs=2", "--resume").code == 0)
    #expect(try files("results.json", "last/model.safetensors") == results)
  }

  /// Only what was trained counts: a run that failed before it saved anything may be tried with other settings.
  @Test func nothingToLoseIsNothingToRefuse() throws {
    #expect(try run("--set", "training.epochs=1", "--set", "training.clip=1").code == 0)
    for saved in ["checkpoints", "best", "last", "results.json"] {
      try FileManager.default.removeItem(atPath: lab.path("run/" + saved))
    }
    #expect(try run("--set", "training.epochs=2", "--resume").code == 0)
    #expect(try lab.json("run/results.json")["epochs"]?.items?.count == 2)
  }

  @Test func misspeltGroupsAreTold() throws {
    let decay = try run("--set", "training.epochs=1", "--set", "training.weightDecay={encoders: 0.1}")
    #expect(decay.code == 0 && decay.errors.contains("`encoders`"), "\(decay.errors)")
    try FileManager.default.removeItem(atPath: lab.path("run"))
    let told = try run("--set", "training.epochs=1", "--set", "training.learningRates.clasifier=0.1")
    #expect(told.code == 0 && told.errors.contains("clasifier") && told.errors.contains("classifier"), "\(told.errors)")
  }
}
