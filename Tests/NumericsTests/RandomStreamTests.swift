import PluginAPI
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  private func draw(_ stream: RandomStream, _ count: Int = 8) -> [UInt64] {
    var stream = stream
    return (0..<count).map { _ in stream.next() }
  }

  @Test func equalNamesGiveEqualNumbers() {
    #expect(draw(RandomStream(seed: 1, "dropout")) == draw(RandomStream(seed: 1, "dropout")))
    #expect(draw(RandomStream(seed: 1, "a").stream(3)) == draw(RandomStream(seed: 1, "a").stream(3)))
  }

  /// A stream below another is the same before and after that other one has drawn.
  @Test func streamsDoNotDependOnWhatOthersDrew() {
    var parent = RandomStream(seed: 7, "shuffle")
    let before = draw(parent.stream(2))
    for _ in 0..<100 { _ = parent.next() }
    #expect(draw(parent.stream(2)) == before)
    #expect(parent.key == RandomStream(seed: 7, "shuffle").key)
  }

  @Test func namesSeedsAndIndicesTellStreamsApart() {
    var keys: Set<UInt64> = []
    var made = 0
    for seed in (0..<20).map({ UInt64($0) }) + [.max, 1 << 63] {
      for name in ["a", "b", "ab", "ba", "dropout", "dropout "] {
        let stream = RandomStream(seed: seed, name)
        for index in [Int.min, -1, 0, 1, 2, 1000, .max] {
          keys.insert(stream.stream(index).key)
          keys.insert(stream.stream(index).stream(0).key)
          made += 2
        }
        keys.insert(stream.key)
        made += 1
      }
    }
    #expect(keys.count == made)
    #expect(RandomStream(seed: 1, "x").stream(1).stream(2).key != RandomStream(seed: 1, "x").stream(2).stream(1).key)
  }

  @Test func uniformNumbersAreUniform() {
    var stream = RandomStream(seed: 3, "uniform")
    let count = 200_000, numbers = (0..<count).map { _ in stream.uniform() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(mean - 0.5) < 4 * (1 / 12.0 / Double(count)).squareRoot())
    #expect(abs(variance - 1 / 12.0) < 4 * (1 / 180.0 / Double(count)).squareRoot())
    var bins = [Int](repeating: 0, count: 20)
    for number in numbers { bins[Int(number * 20)] += 1 }
    let expected = Double(count) / 20
    let chiSquare = bins.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(chiSquare < 45)  // 19 degrees of freedom: one in a thousand is above 43.8
    let products = zip(numbers, numbers.dropFirst()).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) } / Double(count)
    #expect(abs(products / variance) < 4 / Double(count).squareRoot())
  }

  @Test func normalNumbersAreNormal() {
    var stream = RandomStream(seed: 4, "normal")
    let count = 200_000, numbers = (0..<count).map { _ in stream.normal() }
    func moment(_ power: Int) -> Double {
      numbers.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { p, _ in p * x } } / Double(count)
    }
    #expect(numbers.allSatisfy { $0.isFinite })
    #expect(abs(moment(1)) < 4 / Double(count).squareRoot())
    #expect(abs(moment(2) - 1) < 4 * (2 / Double(count)).squareRoot())
    #expect(abs(moment(3)) < 4 * (15 / Double(count)).squareRoot())
    #expect(abs(moment(4) - 3) < 4 * (96 / Double(count)).squareRoot())
  }

  /// First numbers of streams that differ by one in seed or index, as dropout's keys do, are as random as one stream's.
  @Test func neighbouringStreamsAreIndependent() {
    let root = RandomStream(seed: 9, "steps")
    var ones = [Int](repeating: 0, count: 64)
    let count = 20_000
    for index in 0..<count {
      var here = root.stream(index), next = root.stream(index + 1)
      let differing = here.next() ^ next.next()
      for bit in 0..<64 where differing >> UInt64(bit) & 1 == 1 { ones[bit] += 1 }
    }
    for bit in 0..<64 {
      #expect(abs(Double(ones[bit]) / Double(count) - 0.5) < 5 * 0.5 / Double(count).squareRoot(), "bit \(bit)")
    }
  }
}
