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

  /// Around and far beyond what one thread sums at a time: the last number counts, and threads change no bit.
  @Test(arguments: [65_535, 65_537, 64 * 65_536 + 3]) func reductionsOfManyNumbers(count: Int) {
    var random = RandomStream(seed: 1, "reduction")
    let x = Tensor(zeros: [count])
    for i in 0..<count { x[i] = Float(random.uniform() - 0.5) }
    let squares = x.values.reduce(0.0) { $0 + Double($1) * Double($1) }, sum = x.sumOfSquares
    #expect(abs(sum - squares) <= 1e-11 * squares && x.isFinite)
    for place in [0, 65_534, count - 1] {
      let before = x[place]
      x[place] = 1000
      #expect(abs(x.sumOfSquares - squares - 1e6) < 1, "element \(place)")
      x[place] = .nan
      #expect(!x.isFinite && x.sumOfSquares.isNaN, "element \(place)")
      x[place] = before
    }
    #expect(x.sumOfSquares == sum)
  }
}
