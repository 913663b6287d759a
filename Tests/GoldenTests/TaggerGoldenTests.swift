import PluginAPI
import Testing
import Transformers

@testable import CRF
@testable import KLCooperative

/// Encoder, linear layer, CRF and cooperative losses end to end: values and gradients of every weight.
@Suite("Golden: tagger", .enabled(if: Golden.has("tagger/expected.json"), "no fixtures"))
struct TaggerGoldenTests {
  /// Models of the fixture whose encoder folder is there too.
  static let models =
    Golden.isThere
    ? Golden.folders.filter { Golden.has("tagger/\($0).safetensors") && EncoderGoldenTests.folders.contains($0) } : []

  struct Fixture {
    let tensors: SafeTensors
    let info: JSON.Value
    let encoder: TransformerEncoder
    let crf: CRF
    let gold: [[Int]]

    init(_ name: String) throws {
      tensors = try SafeTensors(path: Golden.folder + "/tagger/\(name).safetensors")
      info = try Golden.json("tagger/expected.json")[name]
      encoder = try EncoderGoldenTests.Model(name).encoder
      let tags = try tensors.integers("tags"), mask = try tensors.integers("word_mask")
      let shape = try #require(tensors.entries["tags"]).shape
      gold = (0..<shape[0]).map { s in
        (0..<shape[1]).filter { mask[s * shape[1] + $0] == 1 }.map { tags[s * shape[1] + $0] }
      }
      crf = try CRF(
        width: encoder.config.hidden, tags: try #require(tensors.entries["linear.bias"]).shape[0], initial: 0, seed: 1)
      for (parameter, key) in Self.decoderKeys(crf) { try tensors.read(key, into: parameter.value) }
    }

    static func decoderKeys(_ crf: CRF) -> [(Parameter, String)] {
      [
        (crf.weight, "linear.weight"), (crf.bias, "linear.bias"), (crf.transitions, "crf.transitions"),
        (crf.start, "crf.start_transitions"), (crf.end, "crf.end_transitions"),
      ]
    }

    /// The view's packed tokens and the row of each word's first piece.
    func batch(_ view: String) throws -> (tokens: PackedTokens, rows: [Int]) {
      let shape = try #require(tensors.entries["\(view).input_ids"]).shape
      let ids = try tensors.integers("\(view).input_ids"), mask = try tensors.integers("\(view).attention_mask")
      let first = try tensors.integers("first_subtoken"), words = try #require(tensors.entries["first_subtoken"]).shape[1]
      var tokens = PackedTokens(), rows: [Int] = []
      for s in 0..<shape[0] {
        rows += (0..<gold[s].count).map { tokens.count + first[s * words + $0] }
        tokens.append(
          (0..<shape[1]).filter { mask[s * shape[1] + $0] == 1 }.map { Int32(ids[s * shape[1] + $0]) },
          firstPosition: Int32(encoder.config.firstPosition))
      }
      return (tokens, rows)
    }

    var offsets: [Int] { gold.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) } }
  }

  static func options(_ loss: String) -> KLCooperativeOptions {
    switch loss {
    case "clkl":
      KLCooperativeOptions(
        cooperation: "kl", temperature: 0.3, augmentedWeight: 0.5, cooperativeWeight: 0.5, plainWeight: 0)
    case "joint_T1":
      KLCooperativeOptions(cooperation: "kl", temperature: 1, augmentedWeight: 1, cooperativeWeight: 1, plainWeight: 1)
    default:
      KLCooperativeOptions(
        cooperation: "l2", temperature: 1, augmentedWeight: 0.5, cooperativeWeight: 0.5, plainWeight: 0)
    }
  }

  @Test(arguments: models, ["clkl", "joint_T1", "cll2"])
  func lossesAndGradients(model: String, name: String) throws {
    let fixture = try Fixture(model), loss = KLCooperative(Self.options(name))
    var earlier: [ViewOutput] = [], total = 0.0
    for view in loss.views {
      let key = view == .augmented ? "context" : "plain"
      let (tokens, rows) = try fixture.batch(key)
      let hidden = fixture.encoder.forward(tokens, dropout: 0, random: RandomStream(seed: 1, "test"))
      let width = fixture.encoder.config.hidden
      let words = WordVectors(
        offsets: fixture.offsets, tensor: EncoderGoldenTests.gather(hidden.value, rows: rows, width: width))
      let posterior = try fixture.crf.decode(words, gold: fixture.gold, mode: .training(seed: 1, step: 0))
      let output = ViewOutput(view: view, words: words, posterior: posterior.value)
      let value = try loss.evaluate(output, earlier: earlier)
      total += value.value
      let dwords = try posterior.backward(value.posterior)
      if let more = value.words { dwords.add(more) }
      let dhidden = Tensor(zeros: [tokens.count, width])
      for (word, row) in rows.enumerated() {
        (dhidden.data + row * width).update(from: dwords.data + word * width, count: width)
      }
      try hidden.backward(dhidden)
      earlier.append(output)
      let paths = try fixture.crf.bestPaths(words)
      #expect(paths == fixture.info["values"][name]["viterbi_\(key)"].list.map(\.ints))
    }
    let reference = try #require(fixture.info["values"][name]["loss"].double)
    #expect(abs(total - reference) < 1e-4 * abs(reference))

    var checked = 0
    let named =
      Fixture.decoderKeys(fixture.crf) + fixture.encoder.parameters.map { ($0, "encoder." + $0.name) }
    for (parameter, key) in named where fixture.tensors.entries["\(name).grad.\(key)"] != nil {
      let expected = try fixture.tensors.tensor("\(name).grad.\(key)")
      #expect(difference(parameter.gradient, expected) < 1e-4 * max(1, absoluteMaximum(expected)), "\(key)")
      checked += 1
    }
    #expect(checked == fixture.tensors.entries.keys.count { $0.hasPrefix("\(name).grad.") })
  }
}
