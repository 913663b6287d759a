import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite struct ReportTests {
  let lab = ReportLab()

  /// The page, read; faults are recorded.
  private func read(_ name: String) throws -> MarkupReader {
    let reader = MarkupReader(try lab.text(name))
    #expect(reader.faults.isEmpty, "\(reader.faults.prefix(5))")
    return reader
  }

  /// What the page's script is given.
  private func data(_ page: MarkupReader) throws -> JSONValue {
    try JSONValue.parse(try #require(page.all("script").first { $0.attributes["id"] == "data" }).text)
  }

  @Test func aRunIsReported() throws {
    try lab.run("run", ReportLab.sentences(60))
    try Report(paths: [lab.path("run")]).write(to: lab.path("run/report.html"))
    let page = try read("run/report.html")
    #expect(page.all("h1").map(\.text) == ["lab"])
    let sections = page.all("section").compactMap { $0.attributes["id"] }
    #expect(sections == ["results", "curves", "contexts", "errors", "sentences", "configuration"])
    // Every plot is a file beside the page, and so are the numbers of every plot and table; the page carries them too.
    let files = try lab.files("run/report")
    let plots = page.all("svg").compactMap { $0.attributes["aria-labelledby"].map { String($0.dropLast("-title".count)) } }
    #expect(
      Set(plots) == [
        "f1-by-type", "f1-by-epoch", "loss-by-step", "gradient-norm-by-step", "context-classes", "context-lengths",
        "errors-by-kind",
      ])
    #expect(plots.allSatisfy { files.contains("\($0).svg") && files.contains("\($0).csv") })
    let links = page.all("a").filter { $0.attributes["class"] == "download" }
    #expect(
      links.count == plots.count + page.all("table").count && Set(links.map { $0.attributes["download"] }).count == links.count)
    for link in links {
      let name = try #require(link.attributes["download"]), address = try #require(link.attributes["href"])
      let bytes = try #require(Data(base64Encoded: String(address.drop { $0 != "," }.dropFirst())))
      #expect(try lab.text("run/report/\(name)") == String(decoding: bytes, as: UTF8.self), "\(name)")
    }
    // The headline numbers are those of the predictions; nothing but a mistake of the context's absence lies between them.
    let values = page.all("dd").filter { $0.attributes["class"] == "value" }.map(\.text)
    let f1 = try #require(try Report(paths: [lab.path("run")]).systems[0].f1[.without]).mean
    #expect(values == ["100.00", percent(f1), "+" + percent(1 - f1)], "\(values)")
    #expect(try lab.text("run/report/error-kinds.csv").contains("with context,120,0,0,0,0,0\n"))
    #expect(try lab.text("run/report/error-kinds.csv").contains("without context,100,20,0,0,0,10\n"))
    #expect(try lab.text("run/report/context-classes.csv").contains("test,empty,9,0.15\n"))
    #expect(try lab.text("run/report/f1-by-epoch.csv").contains("\"dev, with context\",3,80.0\n"))
  }

  /// Nothing but the page's own two texts acts, and no address is asked for anything.
  @Test func thePageIsAlone() throws {
    try lab.run("run", ReportLab.sentences(5))
    try Report(paths: [lab.path("run")]).write(to: lab.path("page.html"))
    let page = try read("page.html")
    let policy = try #require(
      page.all("meta").first { $0.attributes["http-equiv"] == "Content-Security-Policy" }?.attributes["content"])
    #expect(policy.hasPrefix("default-src 'none';") && !policy.contains("unsafe"))
    for name in ["script", "style"] {
      let texts = page.all(name).filter { $0.attributes["type"] == nil }.map(\.text)
      #expect(texts.count == 1)
      let hex = Digest.sha256(of: Array(texts[0].utf8))
      let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
      #expect(policy.contains("\(name)-src 'sha256-\(Data(bytes).base64EncodedString())'"))
    }
    for element in page.elements {
      #expect(element.attributes.keys.allSatisfy { !$0.hasPrefix("on") && $0 != "style" && $0 != "src" }, "\(element)")
      if let address = element.attributes["href"] {
        #expect(address.hasPrefix("#") || address.hasPrefix("data:text/csv"), "\(address)")
      }
    }
  }

  @Test func whatComesFromOutsideIsText() throws {
    let hostile = "</script><script>alert(1)</script><!--"
    let type = "X<img/src=x>\"'&"
    try lab.run(
      "run",
      [
        .init(
          words: [hostile, "a"], gold: ["B-" + type, "O"], with: ["B-" + type, "O"], without: ["O", "B-]]>"],
          context: "<script>alert(2)</script> \(hostile) &amp; \u{0}\u{2028}")
      ], settings: "path: \"\(hostile)\"\n")
    try Report(paths: [lab.path("run")]).write(to: lab.path("page.html"))
    let source = try lab.text("page.html")
    #expect(!source.contains("<script>alert") && !source.contains("<img") && !source.contains("<!--"))
    let page = try read("page.html")
    #expect(page.all("script").count == 2)
    // It is all there nevertheless.
    let data = try data(page)
    #expect(data["words"]?.items?.first?.text == hostile + " a")
    #expect(data["types"]?.items?.compactMap(\.text) == [type, "]]>"].sorted())
    #expect(data["contexts"]?.items?.first?["texts"]?.items?.first?.text?.hasPrefix("<script>alert(2)</script>") == true)
    #expect(page.all("pre").first?.text.contains(hostile) == true)
    #expect(page.all("th").contains { $0.text == type })
  }

  @Test func theSentencesHaveTheirErrors() throws {
    try lab.run("run", ReportLab.sentences(7))
    try Report(paths: [lab.path("run")]).write(to: lab.path("page.html"))
    let data = try data(try read("page.html"))
    func numbers(_ value: JSONValue?) -> [[Int]] {
      value?.items?.map { $0.items?.compactMap { $0.number.map(Int.init) } ?? [] } ?? []
    }
    let run = try #require(data["runs"]?.items?.first)
    let types = try #require(data["types"]?.items).compactMap { $0.text }
    #expect(types == ["LOC", "ORG", "PER"])
    let errors = try #require(data["errors"]?.items).compactMap { $0.text }
    #expect(numbers(data["gold"])[0] == [0, 2, 2, 3, 4, 0] && numbers(run["with"])[0] == [0, 2, 2, 0, 3, 4, 0, 0])
    // Oslo is right, Anna lacks her family name, w5 is no organisation.
    let spans = numbers(run["without"])[0]
    #expect(spans.prefix(4) == [3, 4, 0, 0] && spans.count == 12)
    let boundary = try #require(errors.firstIndex(of: "wrong words")) + 1,
      spurious = try #require(errors.firstIndex(of: "spurious")) + 1
    #expect(spans[4...7] == [0, 1, 2, boundary] && spans[8...] == [5, 6, 1, spurious])
    #expect(numbers(run["without"])[1] == [0, 2, 2, 0, 3, 4, 0, 0])
    let classes = try #require(data["contexts"]?.items?.first?["classes"]?.items?.compactMap { $0.number.map(Int.init) })
    #expect(classes == [3, 0, 0, 0, 0, 0, 0])
  }

  @Test func seedsAreSummedUp() throws {
    for seed in [1, 2, 10] { try lab.run("seeds/seed-\(seed)", ReportLab.sentences(30, fault: seed + 2), seed: UInt64(seed)) }
    let report = try Report(paths: [lab.path("seeds/")])
    #expect(report.systems.count == 1 && report.systems[0].runs.map(\.results.seed) == [1, 2, 10])
    try report.write(to: lab.path("page.html"))
    let page = try read("page.html")
    let spreads = page.all("dd").filter { $0.attributes["class"] == "spread" }.map(\.text)
    let std = try #require(report.systems[0].f1[.without]?.std)
    #expect(spreads[1] == "± \(percent(std)) over 3 seeds" && report.systems[0].intervals.isEmpty)
    // A band around the mean of the seeds.
    #expect(try lab.text("page/f1-by-epoch.csv").contains("\"dev, without context\",1,54.3"))
    // Contexts that are the same are there once.
    #expect(try data(page)["contexts"]?.items?.count == 1 && data(page)["runs"]?.items?.count == 3)
  }

  @Test func systemsAreCompared() throws {
    try lab.run("a", ReportLab.sentences(40, fault: 2))
    try lab.run("b/x", ReportLab.sentences(40, fault: 10), settings: "loss: {plugin: other}\n")
    var plain = ReportLab.sentences(40, fault: 5)
    for i in plain.indices { (plain[i].with, plain[i].context) = (nil, nil) }
    try lab.run("c/x", plain)
    let report = try Report(paths: ["a", "b/x", "c/x"].map(lab.path))
    #expect(report.systems.map(\.name) == ["a", lab.path("b/x"), lab.path("c/x")], "equal names are told apart")
    try report.write(to: lab.path("page"))
    let page = try read("page")
    #expect(page.all("h1").map(\.text) == ["3 systems compared"])
    let rows = try lab.text("page.files/systems.csv").split(separator: "\n")
    // Five readings: c has no context. Each but a's is compared.
    #expect(rows.count == 6 && rows.count { $0.hasSuffix(",,,,") } == 2, "\(rows)")
    #expect(try lab.text("page.files/configuration.csv").contains("loss.plugin,,other,"))
    #expect(try lab.text("page.files/f1-by-system.csv").split(separator: "\n").count == 6)
  }

  @Test func aGridIsAHeatMap() throws {
    var cells: [String] = []
    for (i, task) in ["entities", "vary"].enumerated() {
      for (j, wording) in ["all", "base", "none"].enumerated() {
        let name = "task=\(task),wording=\(wording)"
        cells.append(
          #"{"name": "\#(name)", "values": {"z.task": "\#(task)", "a.wording": "\#(wording)"}, "seeds": [1, 2], "runs": 2, "finished": 2, "summary": {}}"#
        )
        // The last cell is not run yet.
        if i == 1 && j == 2 { continue }
        for seed in [1, 2] {
          try lab.run("grid/\(name)/seed-\(seed)", ReportLab.sentences(24, fault: i + j + seed), seed: UInt64(seed))
        }
      }
    }
    try lab.write(#"{"cells": [\#(cells.joined(separator: ", "))]}"#, "grid/results.json")
    let report = try Report(paths: [lab.path("grid")])
    #expect(report.systems.count == 5 && report.grid?.axes.map(\.path) == ["z.task", "a.wording"])
    try report.write(to: Report.path(in: lab.path("grid")))
    let rows = try lab.text("grid/report/f1-by-cell-without.csv").split(separator: "\n").map(String.init)
    #expect(rows[0] == "z.task,a.wording,F1,std,runs" && rows.count == 7 && rows[6] == "vary,none,,,0", "\(rows)")
    let f1 = try #require(report.systems[4].f1[.without])
    #expect(rows[5] == "vary,base,\(f1.mean * 100),\((f1.std ?? 0) * 100),2")
    let page = try read("grid/report.html")
    #expect(page.all("svg").count { $0.attributes["aria-labelledby"]?.hasPrefix("f1-by-cell") == true } == 2)
    // Beside other systems there is no grid, and the cells are systems like others.
    try lab.run("alone", ReportLab.sentences(24))
    let mixed = try Report(paths: [lab.path("grid"), lab.path("alone")])
    #expect(mixed.grid == nil && mixed.systems.count == 6)
  }

  /// One axis goes down the page, however many values it has, with the readings beside each other.
  @Test func aGridOfOneAxisStandsUpright() throws {
    var cells: [String] = []
    for i in 0..<9 {
      let name = "prompt=\(i)"
      cells.append(
        #"{"name": "\#(name)", "values": {"augmentor.options.prompt": "\#(i)"}, "seeds": [1], "runs": 1, "finished": 1, "summary": {}}"#
      )
      try lab.run("grid/\(name)/seed-1", ReportLab.sentences(24, fault: i + 1), seed: 1)
    }
    try lab.write(#"{"cells": [\#(cells.joined(separator: ", "))]}"#, "grid/results.json")
    let report = try Report(paths: [lab.path("grid")])
    try report.write(to: Report.path(in: lab.path("grid")))
    let rows = try lab.text("grid/report/f1-by-cell.csv").split(separator: "\n").map(String.init)
    #expect(rows[0] == "augmentor.options.prompt,sentence read,F1,std,runs" && rows.count == 19, "\(rows)")
    let f1 = try #require(report.systems[8].f1[.without])
    #expect(rows[18] == "8,without context,\(f1.mean * 100),,1", "\(rows)")
    let map = try read("grid/report/f1-by-cell.svg")
    let size = try #require(map.all("svg").first?.attributes)
    let width = try #require(size["width"].flatMap(Double.init)), height = try #require(size["height"].flatMap(Double.init))
    #expect(height > width && map.all("rect").count == 18)
  }

  @Test func whatCannotBeReportedIsSaid() throws {
    try lab.run("a", ReportLab.sentences(4))
    try lab.run("b", ReportLab.sentences(5))
    func fault(_ names: String...) -> Diagnostic? {
      do { _ = try Report(paths: names.map(lab.path)) } catch { return error as? Diagnostic }
      return nil
    }
    #expect(fault("a", "b")?.code == "D209" && fault("nowhere")?.code == "S602")
    try FileManager.default.createDirectory(atPath: lab.path("empty"), withIntermediateDirectories: true)
    #expect(fault("empty")?.code == "S602")
    try lab.write("{", "b/results.json")
    #expect(fault("b")?.code == "S602")
    #expect(throws: Diagnostic.self) { try Report(paths: [lab.path("a")]).write(to: lab.path("a/results.json/page.html")) }
  }

  /// Ten thousand sentences: quickly written, and the page holds them once, as data.
  @Test func manySentencesAreQuick() throws {
    try lab.run("run", ReportLab.sentences(10_000, words: 20))
    let time = try ContinuousClock().measure {
      try Report(paths: [lab.path("run")]).write(to: lab.path("run/report.html"))
    }
    // Some two seconds on a quiet machine; tests share theirs.
    #expect(time < .seconds(20), "\(time)")
    let page = try read("run/report.html")
    #expect(page.elements.count < 2500, "no element a sentence")
    #expect(try data(page)["words"]?.items?.count == 10_000)
  }
}
