import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// What the program itself leaves behind.
@Suite struct ReportRunTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private func page(_ name: String) throws -> MarkupReader {
    let page = MarkupReader(String(decoding: try lab.bytes(name), as: UTF8.self))
    #expect(page.faults.isEmpty, "\(page.faults.prefix(5))")
    return page
  }

  @Test func aRunEndsWithItsReport() throws {
    let run = try lab.calm("run", lab.config, "--out", lab.path("run"), "--set", "training.epochs=3", "--format", "json")
    #expect(run.code == 0 && run.errors.contains("report.html"), "\(run.errors)")
    let report = try page("run/report.html")
    let f1 = try #require(try lab.json("run/results.json")["test"]?["with"]?["micro"]?["f1"]?.number)
    #expect(report.all("dd").first { $0.attributes["class"] == "value" }?.text == percent(f1))
    // The contexts stay with the run, as files that can be read again.
    let stats = try lab.calm("contexts", "stats", lab.path("run/contexts/test.jsonl"), "--format", "json")
    #expect(try JSONValue.parse(stats.output)["total"]?.number == 12, "\(stats.errors)")
    #expect(report.all("svg").contains { $0.attributes["aria-labelledby"] == "context-lengths-title" })
    // The same again by hand, elsewhere, and without the files that the run read.
    for file in ["train.conll", "contexts.test.json", "model/config.json"] {
      try FileManager.default.removeItem(atPath: lab.path(file))
    }
    let again = try lab.calm("report", lab.path("run"), "-o", lab.path("again.html"))
    #expect(again.code == 0 && again.output == lab.path("again.html") + "\n", "\(again.errors)")
    #expect(try lab.bytes("again.html") == lab.bytes("run/report.html"))
    #expect(try lab.bytes("again/loss-by-step.csv") == lab.bytes("run/report/loss-by-step.csv"))
    // Not writable where it should go: the fault is a warning at the end of a run, an error by hand.
    let lost = try lab.calm("report", lab.path("run"), "-o", lab.path("nowhere/page.html"))
    #expect(lost.code == 0, "folders on the way are made: \(lost.errors)")
    let wrong = try lab.calm("report", lab.path("run"), "-o", lab.path("again.html/page.html"))
    #expect(wrong.code == 6 && wrong.errors.contains("S601"), "\(wrong.errors)")
    #expect(try lab.calm("report", lab.path("run"), lab.path("run")).code == 2)
    #expect(try lab.calm("report", lab.path("model")).code == 6)
  }

  @Test func aGridEndsWithItsReport() throws {
    let run = try lab.calm(
      "run", lab.config, "--out", lab.path("grid"), "--set", "training.epochs=1", "--sweep", "loss.options.temperature=0.3,1",
      "--sweep", "training.wordDropout=0,0.1", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    let report = try page("grid/report.html")
    #expect(report.all("svg").contains { $0.attributes["aria-labelledby"] == "f1-by-cell-with-title" })
    #expect(String(decoding: try lab.bytes("grid/report/f1-by-cell-with.csv"), as: UTF8.self).split(separator: "\n").count == 5)
    #expect(FileManager.default.fileExists(atPath: lab.path("grid/temperature=1,wordDropout=0/report.html")))
    let compared = try lab.calm("compare", lab.path("grid"), "--samples", "100", "--format", "json")
    #expect(try JSONValue.parse(compared.output).items?.count == 8, "a grid's folder stands for its cells: \(compared.errors)")
    // Without contexts there is one reading.
    let plain = try lab.calm(
      "run", lab.config, "--out", lab.path("plain"), "--set", "augmentor=null", "--set", "training.epochs=1", "--quiet")
    #expect(plain.code == 0, "\(plain.errors)")
    #expect(try page("plain/report.html").all("dd").count { $0.attributes["class"] == "value" } == 1)
    #expect(!FileManager.default.fileExists(atPath: lab.path("plain/contexts")))
  }
}
