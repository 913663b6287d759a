import FoundationEssentials
import PluginAPI
import Testing

@testable import Llama2

/// Language models against Hugging Face and ggml in float64 on dequantised weights, every fixture folder and format.
@Suite("Golden: Llama", .serialized, .enabled(if: Golden.isThere, "no fixtures"))
struct LlamaGoldenTests {
  /// A model of a fixture: its folder, the file within (nil: the Hugging Face folder itself), and the fixture's name for it.
  struct Model: CustomTestStringConvertible, Sendable {
    let folder: String, file: String?, tag: String
    var path: String { Golden.folder + "/" + folder + (file.map { "/" + $0 } ?? "") }
    var testDescription: String { "\(folder) \(tag)" }
  }

  /// Every folder whose expected.json has an `architecture`, and each format that it states.
  static let models: [Model] = Golden.folders.flatMap { folder -> [Model] in
    guard Golden.has("\(folder)/expected.json"), let json = try? Golden.json("\(folder)/expected.json"),
      !json["architecture"].isNull, case .object(let tags) = json
    else { return [] }
    return tags.keys.sorted().compactMap { tag in
      if tag == "safetensors" { return Model(folder: folder, file: nil, tag: tag) }
      guard tag.hasPrefix("gguf."), case let type = tag.dropFirst(5) else { return nil }
      return Model(folder: folder, file: "model-\(type).gguf", tag: tag)
    }
  }

  /// Logits of the last position, or of all.
  static func logits(_ model: LlamaModel, _ tokens: [Int32], all: Bool, chunk: Int = 1000) throws -> Tensor {
    let cache = try model.cache(positions: tokens.count), rows = all ? tokens.count : 1
    let out = Tensor(zeros: [rows, model.vocabulary])
    var written = 0
    for first in stride(from: 0, to: tokens.count, by: chunk) {
      let range = first..<min(first + chunk, tokens.count)
      let wanted = all ? range.count : range.upperBound == tokens.count ? 1 : 0
      let logits = model.step(
        range.map { StepRow(token: tokens[$0], cache: cache, position: $0, wantsLogits: all || $0 == tokens.count - 1) },
        shared: nil)
      (out.data + written * model.vocabulary).update(from: logits, count: wanted * model.vocabulary)
      written += wanted
    }
    return out
  }

  @Test(arguments: models) func logits(of fixture: Model) throws {
    let json = try Golden.json("\(fixture.folder)/expected.json")
    let expected = try SafeTensors(path: Golden.folder + "/\(fixture.folder)/expected.safetensors")
    let model = try LlamaModel(ModelFile(path: fixture.path), arithmetic: .exact)
    var compared = 0
    for (index, prompt) in json["prompts"].list.enumerated() {
      let tokens = prompt["ids"].ints.map { Int32($0) }
      for (name, all) in [("\(fixture.tag).logits.\(index)", true), ("\(fixture.tag).last_logits.\(index)", false)] {
        guard expected.entries[name] != nil else { continue }
        let stated = try expected.tensor(name)
        #expect(
          difference(try Self.logits(model, tokens, all: all), stated.view(shape: [all ? tokens.count : 1, model.vocabulary]))
            < 1e-3, "\(name)")
        compared += 1
      }
    }
    #expect(compared > 0)
  }

  @Test(arguments: models) func greedyText(of fixture: Model) throws {
    let json = try Golden.json("\(fixture.folder)/expected.json")
    let model = try LlamaModel(ModelFile(path: fixture.path), arithmetic: .exact)
    let cases = json[fixture.tag].list
    let prompts = cases.map {
      Prompt(
        index: $0["prompt"].int ?? 0, tokens: json["prompts"].list[$0["prompt"].int ?? 0]["ids"].ints.map { Int32($0) },
        random: RandomStream(seed: 0, ""))
    }
    let engine = GenerationEngine(
      model: model, sampling: Sampling(temperature: 0), stopTokens: [], maxNewTokens: cases.first?["greedy"].list.count ?? 0,
      streams: 3, cacheBytes: 1 << 30)
    var written: [Int: [Int32]] = [:]
    try engine.run(prompts) { written[$0.index] = $0.tokens }
    for one in cases where (one["min_top2_margin"].double ?? 0) > 1e-3 {
      let index = try #require(one["prompt"].int)
      #expect(written[index]?.map(Int.init) == one["greedy"].ints, "prompt \(index)")
    }
  }

  /// What the fast arithmetic costs: the same token first in nearly all positions, and a small divergence, measured beside
  /// the exact one.
  @Test(arguments: models) func fastArithmetic(of fixture: Model) throws {
    let json = try Golden.json("\(fixture.folder)/expected.json")
    let file = try ModelFile(path: fixture.path)
    let exact = try LlamaModel(file, arithmetic: .exact), fast = try LlamaModel(file, arithmetic: .fast)
    for prompt in json["prompts"].list {
      let tokens = prompt["ids"].ints.map { Int32($0) }
      let a = try Self.logits(exact, tokens, all: true), b = try Self.logits(fast, tokens, all: true)
      #expect(difference(a, b) < 0.12 * absoluteMaximum(a) && difference(a, b) > 0)
    }
  }
}
