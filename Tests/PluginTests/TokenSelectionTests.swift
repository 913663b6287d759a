import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Transformers

/// The last layer computed for some tokens only: what is asked for is what the whole pass gives, forward and backward.
@Suite("Token selection")
struct TokenSelectionTests {
  let encoder: TransformerEncoder
  let tokens: PackedTokens

  init() throws {
    let lab = try Lab()
    let folder = lab.path("selected")
    try TinyBert.write(to: folder)
    encoder = TransformerEncoder(config: try TransformerConfig(folder: folder))
    try encoder.load(try Checkpoint(folder: folder)) { _, _ in }
    var tokens = PackedTokens()
    for length in [40, 1, 7] { tokens.append((0..<Int32(length)).map { ($0 * 7 + 3) % 50 }, firstPosition: 0) }
    self.tokens = tokens
  }

  @Test(arguments: [[3, 0, 39, 41, 3, -1], [45], [40]])
  func isTheWholePass(rows: [Int]) throws {
    let selection = TokenSelection(rows, of: tokens), h = encoder.config.hidden
    #expect(selection.rows == Set(rows.filter { $0 >= 0 }).sorted())
    #expect(selection.places(of: rows).map { $0 < 0 ? -1 : selection.rows[$0] } == rows)

    let whole = encoder.infer(tokens), some = encoder.infer(tokens, rows: selection)
    for (place, row) in selection.rows.enumerated() {
      for i in 0..<h { #expect(abs(some[place * h + i] - whole[row * h + i]) < 1e-5) }
    }

    var random = RandomStream(seed: 1, "cotangent")
    let dsome = Tensor(zeros: [selection.rows.count, h]), dwhole = Tensor(zeros: [tokens.count, h])
    for (place, row) in selection.rows.enumerated() {
      for i in 0..<h {
        dsome[place * h + i] = Float(random.normal())
        dwhole[row * h + i] = dsome[place * h + i]
      }
    }
    func gradients(_ rows: TokenSelection?, _ cotangent: Tensor) throws -> [(String, [Float])] {
      for parameter in encoder.parameters { parameter.gradient.clear() }
      let hidden = encoder.forward(tokens, rows: rows, dropout: 0, random: RandomStream(seed: 1, "none"))
      try hidden.backward(cotangent)
      return encoder.parameters.map { ($0.name, $0.gradient.values) }
    }
    for ((name, a), (_, b)) in zip(try gradients(selection, dsome), try gradients(nil, dwhole)) {
      let scale = b.reduce(1) { max($0, abs($1)) }
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 2e-5 * scale }, "\(name)")
    }
  }

  /// A weight that changes after it was packed for inference is packed again.
  @Test func inferenceSeesNewWeights() throws {
    let before = encoder.infer(tokens)
    let weight = try #require(encoder.parameters.first { $0.name == "encoder.layer.0.attention.self.value.weight" }).value
    weight.data[0] += 1
    weight.changed()
    #expect(encoder.infer(tokens).values != before.values)
  }
}
