import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Llama2

/// A pretrained language model against float32 on its dequantised weights, in every fixture folder with a greedy.json.
@Suite("Golden: SmolLM2", .serialized, .enabled(if: PretrainedModel.smollm2 != nil, "no model: `calm model fetch` gets it"))
struct SmolLMGoldenTests {
  static let folders = Golden.folders.filter { Golden.has("\($0)/greedy.json") }

  @Test(arguments: folders) func greedyText(folder: String) throws {
    let path = try #require(PretrainedModel.smollm2), json = try Golden.json("\(folder)/greedy.json")
    let model = try LlamaModel(ModelFile(path: path), arithmetic: .exact)
    let cases = json["cases"].list, stop = Set(json["stop_at"].ints.map { Int32($0) })
    let prompts = cases.enumerated().map {
      Prompt(index: $0, tokens: $1["prompt_ids"].ints.map { Int32($0) }, random: RandomStream(seed: 0, ""))
    }
    var written: [Int: [Int]] = [:]
    try GenerationEngine(
      model: model, sampling: Sampling(temperature: 0), stopTokens: stop, maxNewTokens: json["n"].int ?? 0, streams: 4,
      cacheBytes: 1 << 30
    ).run(prompts) { written[$0.index] = $0.tokens.map(Int.init) }
    for (index, one) in cases.enumerated() {
      // The text is that of the reference as long as no two tokens were nearly equal.
      let margins = one["dequant_float32"]["top2_margins"].doubles, ids = one["dequant_float32"]["ids"].ints
      let sure = margins.prefix { $0 > 1e-2 }.count
      #expect(written[index].map { Array($0.prefix(sure)) } == Array(ids.prefix(sure)), "\(one["name"].string ?? "")")
      if sure == ids.count { #expect(written[index]?.count == ids.count) }
    }
  }

  @Test(arguments: folders.filter { Golden.has("\($0)/expected.safetensors") }) func firstStep(folder: String) throws {
    let path = try #require(PretrainedModel.smollm2), json = try Golden.json("\(folder)/greedy.json")
    let expected = try SafeTensors(path: Golden.folder + "/\(folder)/expected.safetensors")
    let model = try LlamaModel(ModelFile(path: path), arithmetic: .exact)
    let tokens = json["cases"].list[0]["prompt_ids"].ints.map { Int32($0) }
    let logits = try LlamaGoldenTests.logits(model, tokens, all: true)
    let last = logits.rows(tokens.count - 1..<tokens.count)
    #expect(difference(last, try expected.tensor("first_logits.0").view(shape: last.shape)) < 1e-2)
    let states = try #require(model.finalStates), stated = try expected.tensor("hidden_last_layer_normed.0")
    for i in 0..<stated.count where abs(states[i] - stated[i]) > 1e-2 {
      Issue.record("final state \(i) is \(states[i]), not \(stated[i])")
      return
    }
  }

  /// The fast arithmetic beside the exact one, on the prompts and their exact continuations: how often the most probable token
  /// is the same, and the divergence of the distributions in nats.
  @Test(arguments: folders) func fastArithmetic(folder: String) throws {
    let file = try ModelFile(path: try #require(PretrainedModel.smollm2)), json = try Golden.json("\(folder)/greedy.json")
    let exact = try LlamaModel(file, arithmetic: .exact), fast = try LlamaModel(file, arithmetic: .fast)
    var same = 0, count = 0, divergence = 0.0
    for one in json["cases"].list {
      let tokens = (one["prompt_ids"].ints + one["dequant_float32"]["ids"].ints).map { Int32($0) }
      let a = try LlamaGoldenTests.logits(exact, tokens, all: true), b = try LlamaGoldenTests.logits(fast, tokens, all: true)
      for row in 0..<tokens.count {
        let p = Self.logProbabilities(a.rows(row..<row + 1).values), q = Self.logProbabilities(b.rows(row..<row + 1).values)
        same += p.firstIndex(of: p.max() ?? 0) == q.firstIndex(of: q.max() ?? 0) ? 1 : 0
        divergence += zip(p, q).reduce(0) { $0 + Double(exponential(Float($1.0))) * ($1.0 - $1.1) }
        count += 1
      }
    }
    print("fast arithmetic: \(same) of \(count) positions agree, divergence \(divergence / Double(count)) nats")
    #expect(Double(same) > 0.95 * Double(count))
    #expect(divergence / Double(count) < 0.02)
  }

  private static func logProbabilities(_ logits: [Float]) -> [Double] {
    let most = logits.max() ?? 0
    let sum = logits.reduce(0.0) { $0 + Double(exponential($1 - most)) }
    let shift = Double(most) + logarithm(sum)
    return logits.map { Double($0) - shift }
  }
}
