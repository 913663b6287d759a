import Dispatch
import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// The program with an augmentor that writes down what it is asked.
@Suite("calm augment")
struct AugmentCommandTests {
  let lab: Lab
  private var store: String { lab.path("store.sqlite") }

  init() throws {
    lab = try Lab()
    for (split, range) in [("train", 0..<24), ("dev", 20..<30)] {
      try lab.write(range.map { "word\($0) B-LOC\nis O\n\n" }.joined() + "again B-LOC\n\nagain B-LOC\n\n", to: split + ".conll")
    }
    try lab.write(
      """
      extends: experiment.yaml
      plugins: {toy: {library: \(try ToyPlugin.library())}}
      data: {test: null}
      contexts: {store: store.sqlite}
      augmentor: {plugin: toy, prompt: {variations: [persona]}, options: {log: asked.txt}}
      """, to: "toy.yaml")
  }

  /// Requests so far: 24 of train, 6 new ones of dev, and one that stands in each twice.
  private let all = 31

  private func asked() throws -> [String] {
    guard FileManager.default.fileExists(atPath: lab.path("asked.txt")) else { return [] }
    return String(decoding: try lab.bytes("asked.txt"), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func augment(_ more: String...) throws -> Lab.Answer { try lab.calm(["augment", lab.path("toy.yaml")] + more) }

  private func stored() throws -> [ContextRecord] { try ContextStore(path: store).records() }

  @Test func asksOnceAndServesFromThenOn() throws {
    let dry = try augment("--dry-run", "--format", "json")
    let forecast = try JSONValue.parse(dry.output)
    #expect(forecast["promptTokens"]?.number == Double(5 * all) && forecast["seconds"]?.number == 60, "\(dry.errors)")
    #expect(forecast["example"]?.text?.hasSuffix("create. | word0 is") == true)
    #expect(try asked().isEmpty && !FileManager.default.fileExists(atPath: store))

    let first = try augment("--format", "jsonl")
    #expect(first.code == 0, "\(first.errors)")
    #expect(try asked().count == all && Set(asked()).count == all)
    let lines = try first.output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
    #expect(lines.count == 26 + 12)
    // The same sentence has the same text, wherever it stands.
    #expect(lines[24]["generated_context"]?.text == lines[37]["generated_context"]?.text)
    #expect(lines[20]["generated_context"]?.text == lines[26]["generated_context"]?.text)
    let record = try #require(try stored().first { $0.sentence == "word3 is" })
    #expect(record.context.tokens == 7 && record.context.promptTokens == 5 && record.context.source == "toy")
    #expect(record.generator.plugin == "toy-writer" && record.generator.fingerprint == ["flavour": "plain"])
    #expect(record.context.details["prompt"] == record.generator.prompt)
    #expect(record.generator.prompt == Prompt.preset("paper-entities-persona")?.text)

    // Nothing is asked again: by the same command, by another one, or where the sentences stand in another order.
    #expect(try augment("--format", "jsonl").output == first.output)
    let trained = try lab.calm("train", lab.path("toy.yaml"), "--out", lab.path("run"), "--set", "training.epochs=1")
    #expect(trained.code == 0, "\(trained.errors)")
    // A run folder's own configuration renders the same prompt and finds the same store.
    #expect(try lab.calm("evaluate", lab.path("run")).code == 0)
    #expect(try asked().count == all)
    // Another prompt, seed or option is.
    for set in ["augmentor.prompt={text: x}", "augmentor.seed=1", "augmentor.options.flavour=salty"] {
      let before = try asked().count
      #expect(try augment("--limit", "2", "--split", "train", "--set", set).code == 0)
      #expect(try asked().count == before + 2, "\(set)")
    }
    let table = try augment("--format", "json")
    #expect(table.output.contains("\"stored\" : 26") && table.output.contains("\"asked\" : 0"), "\(table.output)")
  }

  /// What is wrong with a plugin shows at its first answers: hours of them are not for a check.
  @Test func checkAsksForAFewOnly() throws {
    let check = try lab.calm("check", lab.path("toy.yaml"))
    #expect(check.code == 0 && check.output.contains("30 contexts are not made yet"), "\(check.errors)\(check.output)")
    #expect(try asked().count == 8)
  }

  /// Training sentences beyond the limit have no use for a context.
  @Test func limitBoundsWhatIsAskedFor() throws {
    let limited = ["--set", "data.limit=3"]
    let dry = try lab.calm(["augment", lab.path("toy.yaml"), "--dry-run", "--format", "json"] + limited)
    #expect(try JSONValue.parse(dry.output)["splits"]?.items?.map { $0["requests"]?.number } == [3, 11], "\(dry.errors)")
    let trained = try lab.calm(
      ["train", lab.path("toy.yaml"), "--out", lab.path("limited"), "--set", "training.epochs=1"] + limited)
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(try asked().count == 3 + 11)
    #expect(try lab.calm(["augment", lab.path("toy.yaml"), "--format", "json"] + limited).output.contains("\"sentences\" : 3"))
    #expect(try asked().count == 3 + 11)
  }

  @Test func failureKeepsWhatWasAnswered() throws {
    let failed = try augment("--set", "augmentor.options.failAfter=10")
    #expect(
      failed.code == 4 && failed.errors.contains("out of ideas") && failed.errors.contains("10 contexts"), "\(failed.errors)")
    #expect(try stored().count == 10)
    #expect(try augment().code == 0)
    #expect(try asked().count == all && Set(asked()).count == all)
  }

  /// Killed without warning: what was answered before is there, and only the one at work is asked again.
  @Test func killedRunNeverAsksTwice() throws {
    for _ in 0..<3 { try stopped(by: "KILL") }
    #expect(try augment().code == 0)
    let asked = try asked()
    #expect(Set(asked).count == all && asked.count == all + 3, "\(asked)")
    #expect(try stored().count == all)
  }

  @Test func interruptedRunNamesTheWayBack() throws {
    let errors = try stopped(by: "INT")
    #expect(errors.contains("Go on with:") && errors.contains("augmentor.options.waitAt=6"), "\(errors)")
    #expect(try augment().code == 0)
    #expect(try asked().count == all + 1)
  }

  /// Starts a run whose seventh request gets no answer, and sends a signal when six more are stored.
  @discardableResult
  private func stopped(by signal: String) throws -> String {
    let kept = FileManager.default.fileExists(atPath: store) ? try stored().count : 0
    let script = """
      rm -f "\(lab.path("stop"))"
      "\(Lab.program)" augment "\(lab.path("toy.yaml"))" --set augmentor.options.waitAt=6 > /dev/null & pid=$!
      while [ ! -e "\(lab.path("stop"))" ]; do sleep 0.01; done
      kill -\(signal) $pid; wait $pid
      """
    DispatchQueue.global().async { [lab, store] in
      for _ in 0..<6000 {
        if FileManager.default.fileExists(atPath: store), let count = try? ContextStore(path: store).records().count,
          count >= kept + 6
        {
          break
        }
        usleep(10_000)
      }
      try? lab.write("", to: "stop")
    }
    let result = try ChildProcess.run(["/bin/bash", "-mc", script], timeout: .seconds(120))
    #expect(result.outcome == .exited(signal == "KILL" ? 137 : 130), "\(result)")
    #expect(try stored().count == kept + 6)
    return String(decoding: result.errors, as: UTF8.self)
  }

  @Test func twoProcessesShareAStore() throws {
    let script = """
      for i in 1 2 3; do "\(Lab.program)" augment "\(lab.path("toy.yaml"))" --format jsonl > "\(lab.folder)/out.$i" & done
      wait
      """
    _ = try ChildProcess.run(["/bin/bash", "-c", script], timeout: .seconds(60))
    #expect(try stored().count == all)
    #expect(try asked().count == all, "each was asked for once, by whichever came first")
    #expect(try lab.bytes("out.1") == lab.bytes("out.2") && lab.bytes("out.1") == lab.bytes("out.3"))
    #expect(try !lab.bytes("out.1").isEmpty)
  }

  /// A limit on the size of files is what a full disk looks like to SQLite.
  @Test func fullDiskIsAnErrorThatKeepsTheStore() throws {
    #expect(try augment("--limit", "3").code == 0)
    let script = """
      trap '' XFSZ; ulimit -f 100
      "\(Lab.program)" augment "\(lab.path("toy.yaml"))" --set augmentor.seed=5 \
        --set augmentor.options.flavour="$(printf 'y%.0s' $(seq 100000))"
      """
    let result = try ChildProcess.run(["/bin/bash", "-c", script], timeout: .seconds(60))
    #expect(result.outcome == .exited(6), "\(result)")
    #expect(String(decoding: result.errors, as: UTF8.self).contains("S606"))
    #expect(try augment().code == 0)
  }

  @Test func unwritableStoreIsToldBeforeAnythingIsAsked() throws {
    let answer = try augment("--set", "contexts.store=/proc/nowhere/contexts.sqlite")
    #expect(answer.code == 6 && answer.errors.contains("S606"), "\(answer.errors)")
    #expect(try asked().isEmpty)
  }

  @Test func oneSentenceOfOnesOwn() throws {
    let answer = try augment("--text", "Oslo  is cold")
    #expect(answer.code == 0 && answer.output.hasPrefix("about Oslo is cold "), "\(answer.errors)")
    #expect(try augment("--text", "Oslo is cold").output == answer.output)
    #expect(try asked() == ["Oslo is cold"])
    #expect(try augment("--text", "a", "--limit", "3").code == 2)
    let shown = try lab.calm("contexts", "show", store, "--text", "Oslo is cold", "--format", "json")
    #expect(shown.output.contains("\"tokens\" : 7"), "\(shown.errors)")
  }

  @Test func promptsAreForPluginsThatTakeOne() throws {
    let refused = try lab.calm("augment", lab.config, "--set", "augmentor.prompt=paper-entities-all")
    #expect(refused.code == 2 && refused.errors.contains("C112"), "\(refused.errors)")
    let misspelt = try augment("--set", "augmentor.prompt.task=entites")
    #expect(misspelt.code == 2 && misspelt.errors.contains("did you mean `entities`?"), "\(misspelt.errors)")
    #expect(try augment("--set", "augmentor.prompt=null", "--limit", "1", "--split", "dev").code == 0)
    #expect(try stored().first?.generator.prompt == Prompt.standard)
    // What serves files is read whole, and not copied.
    let files = try Lab()
    let checked = try files.calm("check", files.config, "--set", "contexts.store=\(lab.path("own.sqlite"))")
    #expect(checked.code == 0 && !checked.output.contains("not made yet"), "\(checked.errors)")
    #expect(!FileManager.default.fileExists(atPath: lab.path("own.sqlite")))
  }

  /// A file with holes is served where it has texts; the plugin fills the holes; the export serves in its place.
  @Test func storedFilesAndLiveContextsMix() throws {
    try lab.write(
      (0..<26).map { i in
        let text = i < 24 ? "word\(i) is" : "again"
        return #"{"text": "\#(text)", "generated_context": \#(i % 2 == 0 ? "\"given \(i)\"" : "null")}"# + "\n"
      }.joined(), to: "given.jsonl")
    let mixed = try augment(
      "--split", "train", "--format", "jsonl", "--set", "augmentor.stored.train=\(lab.path("given.jsonl"))")
    let lines = try mixed.output.split(separator: "\n").map { try JSONValue.parse(String($0))["generated_context"]?.text ?? "" }
    #expect(lines.count == 26 && lines[4] == "given 4" && lines[5].hasPrefix("about word5 is"), "\(mixed.errors)")
    // "again" stands there twice: once given, once asked for.
    #expect(lines[24] == "given 24" && lines[25].hasPrefix("about again"))
    #expect(try asked().count == 13)
    try lab.write(#"{"text": "word0 is", "generated_context": null}"#, to: "short.jsonl")
    #expect(try augment("--set", "augmentor.stored.train=\(lab.path("short.jsonl"))").code == 3)
    let misspelt = try augment("--set", "augmentor.stored.tran=x")
    #expect(misspelt.code == 2 && misspelt.errors.contains("did you mean `train`?"))
  }
}
