import PluginAPI
import TestSupport
import Testing
import Transformers

/// A sentence longer than the model: its words' vectors come from several windows, and their gradients go back through each.
@Suite("Gradients of windowed sentences")
struct WindowGradientTests {
  let encoder: WordEncoder
  /// Windows of ten pieces; between two sentences that fit.
  let batch: ViewBatch
  let weights: Tensor

  init() throws {
    let lab = try Lab()
    let folder = lab.path("short")
    try TinyBert.write(to: folder, positions: 12)
    encoder = try WordEncoder(folder: folder)
    let long = (0..<30).map { $0 % 4 == 1 ? "xyz" : TinyBert.words[$0 % TinyBert.words.count] }
    batch = ViewBatch(
      view: .augmented,
      sentences: [
        ViewSentence(id: 0, words: ["Oslo", "is", "old"], context: ["quiet"]), ViewSentence(id: 1, words: long),
        ViewSentence(id: 2, words: ["a", "person"]),
      ])
    var random = RandomStream(seed: 4, "weights")
    weights = Tensor.random([35, encoder.width], &random)
  }

  /// The words' vectors weighed and summed.
  func value() throws -> Double {
    let words = try encoder.encode(batch, mode: .training(seed: 1, step: 0)).value.tensor
    return zip(words.doubles, weights.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func agreeWithFiniteDifferences() throws {
    let words = try encoder.encode(batch, mode: .training(seed: 1, step: 0))
    #expect(words.value.tensor.shape == weights.shape && encoder.truncation.sentencesWindowed == 1)
    try words.backward(weights)
    for parameter in encoder.parameters {
      let gradient = parameter.gradient.doubles
      var random = RandomStream(seed: 9, parameter.name)
      // Along the gradient a wrong factor shows, in any other direction a missing part.
      for direction in [gradient.map { $0 * random.uniform() }, gradient.map { _ in 2 * random.uniform() - 1 }] {
        let fault = try disagreement(parameter.value, gradient, along: direction)
        #expect(fault == nil, "\(parameter.name): \(fault ?? "")")
      }
    }
  }

  /// The slope in a direction against the gradient's word. No step is right for every parameter: a long one bends, a short one
  /// drowns in rounding.
  private func disagreement(_ tensor: Tensor, _ gradient: [Double], along direction: [Double]) throws -> String? {
    let original = tensor.copy(), largest = direction.reduce(1e-9) { max($0, abs($1)) }
    defer {
      tensor.data.update(from: original.data, count: tensor.count)
      tensor.changed()
    }
    func moved(by step: Double) throws -> Double {
      for i in 0..<tensor.count { tensor.data[i] = original.data[i] + Float(step * direction[i] / largest) }
      tensor.changed()
      return try value()
    }
    var texts: [String] = []
    for step in [0.003, 0.01, 0.03] {
      let change = try moved(by: step) - moved(by: -step)
      let terms = zip(gradient, direction).map { 2 * step * $0 * $1 / largest }
      let expected = terms.reduce(0, +), size = terms.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // A key's bias changes no attention: slope and gradient are rounding alone.
      if abs(change - expected) <= 0.02 * max(abs(change), abs(expected), size) + 5e-5 { return nil }
      texts.append("a step of \(step) changes the value by \(change), the gradient says \(expected)")
    }
    return texts.joined(separator: "; ")
  }
}
