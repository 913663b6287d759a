import PluginAPI
import Testing

@testable import PluginName

struct PluginNameTests {
  let encoder = PluginName(PluginNameOptions(width: 4, rows: 50), seed: 1)
  let batch = ViewBatch(
    view: .augmented,
    sentences: [
      ViewSentence(id: 0, words: ["Anna", "went", "to", "Oslo"], context: ["a", "city"]),
      ViewSentence(id: 1, words: ["Oslo"]),
    ])

  @Test func oneVectorAWord() throws {
    let vectors = try encoder.encode(batch, mode: .inference).value
    #expect(vectors.offsets == [0, 4, 5])
    #expect(vectors.tensor.shape == [5, 4] && vectors.tensor.isFinite)
  }

  /// The gradient is that of the sum of all vectors: moving one weight moves the sum by as much.
  @Test func theGradientAgreesWithFiniteDifferences() throws {
    let mode = Mode.training(seed: 1, step: 0), table = encoder.parameters[0]
    func sum() throws -> Double { try encoder.encode(batch, mode: mode).value.tensor.values.reduce(0) { $0 + Double($1) } }
    let ones = Tensor([Float](repeating: 1, count: 5 * 4), shape: [5, 4])
    try encoder.encode(batch, mode: mode).backward(ones)
    for i in stride(from: 0, to: table.value.count, by: 7) {
      let before = table.value[i]
      table.value[i] = before + 0.5
      let above = try sum()
      table.value[i] = before - 0.5
      let below = try sum()
      table.value[i] = before
      #expect(abs(above - below - Double(table.gradient[i])) < 1e-4)
    }
  }
}
