import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Finished systems") struct FinishedSystemTests {
  private let lab = ReportLab()

  private func calm(_ arguments: String...) throws -> Lab.Answer { try Lab.calm(arguments) }

  /// A truncated file, a run scored on dev, gold tags that were corrected since: no number of theirs can be compared.
  @Test func runsOfOtherSentencesOrTagsAreRefused() throws {
    let sentences = ReportLab.sentences(12)
    try lab.run("seeds/seed-1", sentences)
    try lab.run("seeds/seed-2", Array(sentences.dropLast()), seed: 2)
    try lab.run("alone", sentences)
    var corrected = sentences
    corrected[0].gold[0] = "B-ORG"
    try lab.run("corrected", corrected)
    for paths in [["seeds"], ["alone", "corrected"]] {
      for command in ["compare", "report"] {
        let answer = try Lab.calm([command] + paths.map(lab.path) + (command == "report" ? ["-o", lab.path("page.html")] : []))
        #expect(answer.code == 3 && answer.errors.contains("D209"), "\(command) \(paths): \(answer.errors)")
      }
    }
  }

  @Test func pathsWithoutAFinishedRunAreNamed() throws {
    try lab.run("done", ReportLab.sentences(8))
    try FileManager.default.createDirectory(atPath: lab.path("open/seed-1"), withIntermediateDirectories: true)
    for command in ["compare", "tables", "report"] {
      let answer = try Lab.calm(
        [command, lab.path("open"), lab.path("done")] + (command == "report" ? ["-o", lab.path("p.html")] : []))
      #expect(answer.code == 6 && answer.errors.contains("S602") && answer.errors.contains("/open"), "\(answer.errors)")
    }
  }

  @Test func equalNamesGetTheirPaths() throws {
    for name in ["x/one", "y/one", "two"] { try lab.run(name, ReportLab.sentences(8)) }
    let names = try FinishedSystem.systems(["x/one", "y/one", "two"].map(lab.path)).map(\.name)
    #expect(names == [lab.path("x/one"), lab.path("y/one"), "two"])
  }

  @Test func labelsTellSystemsApart() {
    func labels(_ systems: (String?, String)...) -> [String] {
      AnalysedSystem.labels(systems.map { ("wnut17", $0.0, $0.1) })
    }
    #expect(labels(("entities-all", "options=a"), ("entities-classic", "options=b")) == ["entities-all", "entities-classic"])
    #expect(labels(("entities-all", "options=CL-KL"), ("entities-all", "options=NLL")) == ["CL-KL", "NLL"])
    #expect(
      labels((nil, "temperature=1,batch=8"), (nil, "temperature=2,batch=8")) == [
        "temperature=1,batch=8", "temperature=2,batch=8",
      ])
    #expect(labels(("entities-all", "x"), (nil, "options=entities-all")) == ["x", "options=entities-all"])
    #expect(
      AnalysedSystem.labels([("wnut17", "entities-all", "a"), ("bc5cdr", "entities-all", "b")]) == [
        "entities-all", "entities-all",
      ])
  }
}
