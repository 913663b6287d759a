import FoundationEssentials
import PluginAPI
import TestSupport
import Testing
import Transformers

@testable import Host

/// BERTScore against the package `bert_score` with the same model.
@Suite(
  "Golden: BERTScore", .enabled(if: Golden.has("bertscore.json") && PretrainedModel.minilm != nil, "no fixture or no model"))
struct BERTScoreGoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String, layer: Int, idf: Bool
    var testDescription: String { name }
  }

  /// `layer6.idf`, `layer4.noidf`, …
  static let cases: [Case] = {
    guard let file = try? Golden.json("bertscore.json"), case .object(let results) = file["prf"] else { return [] }
    return results.keys.sorted().map { name in
      Case(name: name, layer: Int(name.filter(\.isNumber)) ?? -1, idf: name.hasSuffix(".idf"))
    }
  }()

  let pairs: [JSON.Value]
  let results: JSON.Value

  init() throws {
    let file = try Golden.json("bertscore.json")
    pairs = file["pairs"].list
    results = file["prf"]
  }

  private func texts(_ side: String) -> [String] { pairs.compactMap { $0[side].string } }

  @Test(arguments: cases) func everyPair(_ item: Case) throws {
    let model = try #require(PretrainedModel.minilm)
    let options = try JSONDecoder().decode(
      WordEncoderOptions.self, from: Data(#"{"model": "\#(model)", "precision": "fp32"}"#.utf8))
    let encoder = try WordEncoder.open(
      options, shape: Shape(), services: Services(seed: 1, cacheFolder: "/tmp") { _, _ in }, plugin: "biobert",
      modelTypes: ["bert"])
    let score = try BERTScore(encoder: encoder, layer: item.layer)
    let values = try score(
      candidates: texts("candidate"), references: texts("reference"),
      weights: item.idf ? score.inverseDocumentFrequencies(of: texts("reference")) : nil)
    try compare(values.map { [$0.precision, $0.recall, $0.f1] }, item)
    // A pair's score is its own: alone it is the same but for the order of sums.
    for (i, pair) in pairs.enumerated() where !item.idf {
      let alone = try score(candidates: [pair["candidate"].string ?? ""], references: [pair["reference"].string ?? ""])
      #expect(abs(alone[0].f1 - values[i].f1) < 1e-5, "pair \(i)")
    }
  }

  @Test(arguments: cases) func theCommand(_ item: Case) throws {
    let lab = try Lab()
    for side in ["candidate", "reference"] {
      // A line cannot hold its own end; white space says the same to the tokenizer.
      try lab.write(texts(side).map { $0.replacing("\n", with: " ") + "\n" }.joined(), to: side)
    }
    let model = try #require(PretrainedModel.minilm)
    let result = try ChildProcess.run(
      [
        Lab.program, "bertscore", "--model", model, "--layer", "\(item.layer)", lab.path("candidate"), lab.path("reference"),
        "--format", "jsonl",
      ] + (item.idf ? ["--idf"] : []), timeout: .seconds(120), capacity: 64 << 20)
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    let values = try lines.map { line in
      let value = try JSON.parse(Data(line.utf8))
      return ["precision", "recall", "f1"].map { value[$0].double ?? .nan }
    }
    try compare(values, item)
  }

  private func compare(_ values: [[Double]], _ item: Case) throws {
    let expected = results[item.name].list.map(\.doubles)
    #expect(!expected.isEmpty && values.count == expected.count)
    for (i, (value, right)) in zip(values, expected).enumerated() {
      #expect(zip(value, right).allSatisfy { abs($0 - $1) < 1e-4 }, "pair \(i): \(value) instead of \(right)")
    }
  }
}
