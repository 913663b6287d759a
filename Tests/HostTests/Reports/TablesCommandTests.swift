import FoundationEssentials
import TestSupport
import Testing

@testable import Host

@Suite("calm tables") struct TablesCommandTests {
  /// Two systems of two seeds, made by the program; every format, and what the numbers must agree with.
  @Test func tablesOfAGrid() throws {
    let lab = try Lab()
    let run = try lab.calm(
      "run", lab.config, "--out", lab.path("grid"), "--quiet", "--seeds", "1,2", "--set", "training.epochs=3",
      "--sweep", "loss.options.cooperation=kl,none")
    #expect(run.code == 0, "\(run.errors)")
    let dataset = lab.folder.split(separator: "/").last ?? ""
    try lab.write(
      "table3:\n  \(dataset): {kl: {f1: 0.5, std: 0.01}}\ntable6: {kl: [0, 0, 40, 0]}\n", to: "published.yaml")
    let tables = try lab.calm("tables", lab.path("grid"), "--format", "json", "--published", lab.path("published.yaml"))
    #expect(tables.code == 0, "\(tables.errors)")
    let all = try #require(try JSONValue.parse(tables.output).items)
    let names = all.compactMap { $0["id"]?.text }
    #expect(
      Set(["table2", "table3", "table5", "table6", "table7", "figure3", "mentions", "by-type", "errors", "gains"]).isSubset(
        of: names))
    #expect(names == ReportTables.names.filter(Set(names).contains), "each by the name that --only knows")
    func rows(_ name: String) -> [[JSONValue]] {
      (all.first { $0["id"]?.text == name }?["rows"]?.items ?? []).compactMap(\.items)
    }
    let results = try lab.json("grid/results.json")
    for (row, cell) in zip(rows("table3"), results["cells"]?.items ?? []) {
      #expect(row[1]["mean"]?.number == cell["summary"]?["test"]?["with"]?["f1"]?["mean"]?.number)
    }
    #expect(rows("table3").map { $0[0].text } == ["kl", "none"])
    #expect(rows("table2")[0].map(\.number).dropFirst() == [2, 40, 12, 12, rows("table2")[0][5].number])
    // Contexts of the tiny corpus have three or four words: all fail.
    #expect(rows("table6")[0].map(\.number)[2...5] == [0, 0, 40, 0])
    #expect(rows("mentions")[0][4].number ?? 0 > 0.3)
    // Whatever kinds errors are of, gold entities are found or not.
    let gold = rows("by-type").filter { $0[1].text == "kl" }.compactMap { $0[3].number }.reduce(0, +)
    let errors = rows("errors")[0].dropFirst(3).compactMap(\.number)
    #expect(abs(errors[0...4].reduce(0, +) - gold) < 1e-9, "correct, boundary, type, both, missed")

    let written = try lab.calm("tables", lab.path("grid"), "-o", lab.path("out"), "--quiet")
    #expect(written.code == 0, "\(written.errors)")
    for name in names {
      for format in TableFormat.allCases {
        #expect(FileManager.default.fileExists(atPath: lab.path("out/\(name).\(format.fileExtension)")))
      }
    }
    let latex = try lab.calm(
      "tables", lab.path("grid"), "-o", lab.path("tex"), "--format", "latex", "--only", "gains,table5", "--quiet")
    #expect(latex.code == 0, "\(latex.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: lab.path("tex")).sorted() == ["gains.tex", "table5.tex"])
    let report = try lab.calm(
      "report", lab.path("grid"), "-o", lab.path("page.html"), "--published", lab.path("published.yaml"), "--quiet")
    #expect(report.code == 0, "\(report.errors)")
    let shown = String(decoding: try FileBytes.read(lab.path("page/table3.csv")), as: UTF8.self)
    #expect(shown.contains("published F1"), "\(shown)")
    let scored = try lab.calm(
      "tables", lab.path("grid"), "--bertscore", lab.path("model"), "--only", "table3", "--format", "json", "--quiet")
    let scores = (try JSONValue.parse(scored.output).items?[0]["rows"]?.items ?? []).compactMap { $0.items?[3].number }
    #expect(scores.count == 2 && scores[0] == scores[1] && (0.1...1).contains(scores[0]), "\(scored.errors)\(scored.output)")
    let plugin = try lab.calm("tables", lab.path("grid"), "--layer", "4")
    #expect(plugin.code == 2 && plugin.errors.contains("--bertscore"), "\(plugin.errors)")
    let empty = try lab.calm("tables", lab.path("grid"), "--only", "table4,table5")
    #expect(empty.code == 0 && empty.errors.contains("--published") && empty.output.contains("Table 5"), "\(empty.errors)")
    let blocked = try lab.calm("tables", lab.path("grid"), "-o", lab.path("published.yaml"))
    #expect(blocked.code == 6 && blocked.errors.contains("a file has its name"), "\(blocked.errors)")
    let unknown = try lab.calm("tables", lab.path("grid"), "--only", "table99")
    #expect(unknown.code == 2 && unknown.errors.contains("table3"), "\(unknown.errors)")
  }

  /// A run keeps the contexts that it read, and those of a limited run are a part of the file's.
  @Test func contextsAreTheRunsOwn() throws {
    let lab = try Lab()
    for (name, limit) in [("whole", "null"), ("part", "7")] {
      let run = try lab.calm(
        "run", lab.config, "--out", lab.path(name), "--quiet", "--set", "training.epochs=1", "--set", "data.limit=\(limit)")
      #expect(run.code == 0, "\(run.errors)")
    }
    func classes(_ run: String) throws -> [Double?] {
      let tables = try lab.calm("tables", lab.path(run), "--only", "table6", "--format", "json")
      #expect(tables.code == 0, "\(tables.errors)")
      return try JSONValue.parse(tables.output).items?.first?["rows"]?.items?.first?.items?[2...5].map(\.number) ?? []
    }
    #expect(try classes("whole") == [0, 0, 40, 0] && classes("part") == [0, 0, 40, 0])
    for split in ["train", "test"] { try FileManager.default.removeItem(atPath: lab.path("contexts.\(split).json")) }
    #expect(try classes("whole") == [0, 0, 40, 0] && classes("part") == [0, 0, 7, 0])
    try FileManager.default.removeItem(atPath: lab.path("whole/contexts/dev.jsonl"))
    let tables = try lab.calm("tables", lab.path("whole"))
    #expect(tables.code == 0 && tables.errors.contains("contexts.t") && tables.output.contains("Table 5"))
    #expect(!tables.output.contains("Table 6"))
  }
}
