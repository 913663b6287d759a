import PluginAPI
import TestSupport
import Testing

@testable import Host

@Suite("Published numbers") struct PublishedTests {
  @Test func thePapersNumbers() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let published = try Published(path: root + "/Examples/paper/published.yaml")
    #expect(published["table3", "wnut17", "entities-all"] == .init(f1: 0.615, std: 0.003, bertScore: 0.7905))
    #expect(published["table3", "conllpp", "entities-all"] == .init(f1: 0.96, std: 0.002))
    #expect(published.rows("table3", "bc5cdr").count == 17)
    #expect(published.spelling("conllpp") == "CoNLL++" && published.spelling("my-own") == "my-own")
    #expect(published.classes.count == 16 && published.classes.allSatisfy { $0.counts.reduce(0, +) == 3394 })
    #expect(published.sizes.map(\.counts) == [[6, 3394, 1009, 1287], [2, 4560, 4581, 4797], [4, 14987, 3466, 3466]])
    // The averages that the paper's text gives for the three tasks.
    for (task, mean) in [("reformulation", 0.5916), ("entities", 0.6038), ("variation", 0.5974)] {
      let values = published.rows("table3", "WNUT17").filter { $0.name.hasPrefix(task) }.compactMap(\.value.f1)
      #expect(values.count == 5 && abs(values.reduce(0, +) / 5 - mean) < 5e-4, "\(task)")
    }
  }

  @Test func faultsNameTheLine() throws {
    let lab = try Lab()
    try lab.write("table3:\n  A:\n    x: {f1: high}\ntable9: {}\ntable6:\n  y: [1, 2]\n", to: "p.yaml")
    do {
      _ = try Published(path: lab.path("p.yaml"))
      Issue.record("accepted")
    } catch let faults as Diagnostics {
      #expect(faults.items.compactMap(\.mark?.line) == [3, 4, 6])
    }
    // Scores are fractions of 1, counts whole numbers, tables mappings.
    for wrong in [
      "table3: {A: {x: {f1: 61.5}}}", "table2: {A: [6.7, 1e30, 3, 4]}", "table7: {A: [1, 2, 0, 0]}", "table5: [1, 2]", "- a",
      "table4: {A: [x]}",
    ] {
      try lab.write(wrong + "\n", to: "p.yaml")
      #expect(throws: Diagnostics.self, "\(wrong)") { try Published(path: lab.path("p.yaml")) }
    }
  }
}
