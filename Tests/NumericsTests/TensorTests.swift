import PluginAPI
import Testing

@Suite("Tensors")
struct TensorTests {
  @Test func viewsShareMemoryAndKeepItAlive() {
    var whole: Tensor? = Tensor((0..<12).map(Float.init), shape: [4, 3])
    let rows = whole?.rows(1..<3), copy = rows?.copy()
    whole?[4] = 40
    whole = nil
    #expect(rows?.shape == [2, 3])
    #expect(rows?.values == [3, 40, 5, 6, 7, 8])
    #expect(copy?.values == [3, 4, 5, 6, 7, 8])
  }

  @Test(arguments: [[], [0], [0, 5], [1], [3, 0, 2], [600_000]])
  func memoryIsAlignedAndZero(shape: [Int]) {
    let tensor = Tensor(zeros: shape)
    #expect(tensor.count == shape.reduce(1, *))
    #expect(Int(bitPattern: tensor.data) % 64 == 0)
    #expect(tensor.sumOfSquares == 0 && tensor.isFinite)
  }

  @Test func arithmetic() {
    let a = Tensor([1, -2, 3], shape: [3]), b = Tensor([10, 20, .infinity], shape: [3])
    a.add(Tensor([1, 1, 1], shape: [3]))
    a.scale(by: 2)
    #expect(a.values == [4, -2, 8])
    #expect(a.sumOfSquares == 84)
    #expect(a.isFinite && !b.isFinite)
    a.clear()
    #expect(a.values == [0, 0, 0])
  }
}
