import ContextFiles
import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("calm contexts")
struct ContextsCommandTests {
  let lab: Lab
  private var store: String { lab.path("store.sqlite") }

  init() throws { lab = try Lab() }

  @Test func importAndExportAreARoundTrip() throws {
    let source = try readContexts(path: lab.path("contexts.train.json"))
    let brought = try lab.calm("contexts", "import", lab.path("contexts.train.json"), "--source", "lab", "--store", store)
    #expect(brought.code == 0 && brought.output.contains("40 contexts of source lab, split train"), "\(brought.errors)")
    for format in ["ocalm", "jsonl", "columns"] {
      let file = lab.path("out.\(format)")
      let export = try lab.calm(
        "contexts", "export", "--source", "lab", "--store", store, "--format", format, "--gold", lab.path("train.conll"), "-o",
        file)
      #expect(export.code == 0, "\(export.errors)")
      let back = try readContexts(path: file)
      #expect(back.records.map(\.text) == source.records.map(\.text), "\(format)")
      #expect(back.records.map(\.context) == source.records.map(\.context), "\(format)")
    }
    #expect(String(decoding: try lab.bytes("out.columns"), as: UTF8.self).contains("\n<EOS> B-X\n"))
    #expect(String(decoding: try lab.bytes("out.columns"), as: UTF8.self).contains(" B-LOC\n"))
    // The same again is no fault; something else is.
    #expect(
      try lab.calm("contexts", "import", lab.path("out.jsonl"), "--source", "lab", "--split", "train", "--store", store).code
        == 0)
    let other = try lab.calm(
      "contexts", "import", lab.path("contexts.dev.json"), "--source", "lab", "--split", "train", "--store", store)
    #expect(other.code == 3 && other.errors.contains("D210"))
    #expect(try lab.calm("contexts", "export", "--source", "labs", "--store", store).code == 3)
  }

  /// What was imported serves an experiment by index.
  @Test func importedContextsServeAnExperiment() throws {
    for split in ["train", "dev", "test"] {
      let file = lab.path("contexts.\(split).json")
      #expect(try lab.calm("contexts", "import", file, "--source", "lab", "--store", store).code == 0)
    }
    let set = ["augmentor.options=null", "contexts.store=\(store)", "augmentor.stored.source=lab"]
    let served = try lab.calm(["augment", lab.config, "--format", "json"] + set.flatMap { ["--set", $0] })
    #expect(served.code == 0 && served.output.contains("\"fromFiles\" : 40"), "\(served.errors)\(served.output)")
    let unknown = try lab.calm(["augment", lab.config] + (set + ["augmentor.stored.source=lap"]).flatMap { ["--set", $0] })
    #expect(unknown.code == 3 && unknown.errors.contains("did you mean `lab`?"), "\(unknown.errors)")
  }

  @Test func statsAndShowReadFilesAndStores() throws {
    let file = lab.path("contexts.train.json")
    let one = try lab.calm(
      "contexts", "stats", file, "--format", "json", "--fail-below", "4", "--gold", lab.path("train.conll"))
    let counts = try JSONValue.parse(one.output)
    #expect(counts["total"]?.number == 40 && counts["failBelow"]?.number == 4, "\(one.errors)")
    #expect(counts["correct"]?.number == 40 && counts["at15"]?["fail"]?.number == 40)
    #expect(
      counts["meanWords"]?.number.map { (4...6).contains($0) } == true
        && counts["goldMentions"]?["share"]?.number.map { $0 > 0.5 && $0 < 1 } == true)
    _ = try lab.calm("contexts", "import", file, "--source", "lab", "--store", store)
    let whole = try lab.calm("contexts", "stats", store, "--format", "json", "--fail-below", "4")
    #expect(try JSONValue.parse(whole.output)["total"]?.number == 40 && whole.output.contains("lab, train"))
    #expect(try lab.calm("contexts", "stats", file, store).output.contains("lab, train"))
    let shown = try lab.calm("contexts", "show", store, "--source", "lab", "--index", "3")
    #expect(try shown.code == 0 && shown.output.contains(readContexts(path: file).records[3].context), "\(shown.errors)")
    #expect(try lab.calm("contexts", "show", store, "--index", "99").code == 3)
    #expect(try lab.calm("contexts", "show", store).code == 2)
    #expect(try lab.calm("contexts", "stats", lab.path("none.sqlite")).code == 3)
  }

  @Test func splitsAreReadFromNames() {
    for (name, split) in [
      ("a/train.json.gz", "train"), ("contexts.dev.json", "dev"), ("test_with_context.txt", "test"), ("training.json", nil),
      ("train-dev.json", nil), ("dev/contexts.json", nil),
    ] { #expect(ContextsCommand.Import.split(of: name) == split, "\(name)") }
  }

  @Test func statisticsWithBERTScore() throws {
    try lab.write(
      "{\"text\": \"the old town\", \"generated_context\": \"the old town\"}\n"
        + "{\"text\": \"Oslo is quiet\", \"generated_context\": \"\"}\n"
        + "{\"text\": \"the old town\", \"generated_context\": \"the old town\"}\n", to: "three.jsonl")
    let answer = try lab.calm(
      "contexts", "stats", lab.path("three.jsonl"), "--bertscore", "--model", lab.path("model"), "--format", "json")
    #expect(answer.code == 0, "\(answer.errors)")
    struct Report: Decodable { var meanBERTScore: Double }
    let report = try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
    #expect(abs(report.meanBERTScore - 2.0 / 3) < 1e-5)
    #expect(try lab.calm("contexts", "stats", lab.path("three.jsonl"), "--bertscore").code == 2)
  }
}
