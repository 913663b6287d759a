import PluginAPI
import TestSupport
import Testing

extension KernelTwins {
  @Suite("dropout") struct Dropout {
    static func mask(_ count: Int, _ probability: Float, key: UInt64) -> Tensor {
      let x = Tensor.filled([count], 1)
      Kernels.dropout(x.data, count: count, probability: probability, key: key)
      return x
    }

    @Test(arguments: [Float(0.1), 0.25, 0.5, 0.9], [1, 2])
    func dropsAsOftenAsItShould(probability: Float, threads: Int) {
      onThreads(threads) {
        let count = 100_003, mask = Self.mask(count, probability, key: 77).values, kept = 1 / (1 - probability)
        #expect(mask.allSatisfy { $0 == 0 || $0 == kept })
        let p = Double(probability), deviation = (p * (1 - p) / Double(count)).squareRoot()
        #expect(abs(Double(mask.count { $0 == 0 }) / Double(count) - p) < 4 * deviation)
        // Neighbours are dropped independently of each other.
        for lag in [1, 2, 64] {
          let pairs = (0..<count - lag).count { mask[$0] == 0 && mask[$0 + lag] == 0 }
          let expected = p * p, spread = (expected * (1 - expected) / Double(count)).squareRoot()
          #expect(abs(Double(pairs) / Double(count - lag) - expected) < 5 * spread, "lag \(lag)")
        }
      }
    }

    /// The backward pass draws the mask again, so it must be a function of key and index alone.
    @Test(arguments: [1, 2])
    func masksAreFunctionsOfKeyAndIndex(threads: Int) {
      onThreads(threads) {
        let whole = Self.mask(20_001, 0.3, key: 5).values
        #expect(Self.mask(20_001, 0.3, key: 5).values == whole)
        for count in KernelTwins.sizes + [8192, 8193] {
          #expect(Self.mask(count, 0.3, key: 5).values == Array(whole.prefix(count)))
        }
        #expect(onThreads(3 - threads) { Self.mask(20_001, 0.3, key: 5).values } == whole)
        for other: UInt64 in [4, 6, 5 | 1 << 40, ~5] {
          let agreement = zip(Self.mask(20_001, 0.3, key: other).values, whole).count { $0 == $1 }
          // Two independent masks agree where both keep or both drop: 0.7² + 0.3².
          #expect(abs(Double(agreement) / 20_001 - 0.58) < 0.02, "key \(other)")
        }
      }
    }

    @Test func scalesWhatItKeeps() {
      var random = RandomStream(seed: 1, "dropout")
      let x = Tensor.random([1000], &random), y = x.copy(), mask = Self.mask(1000, 0.2, key: 9), untouched = x.copy()
      Kernels.dropout(y.data, count: 1000, probability: 0.2, key: 9)
      #expect(y.values == (0..<1000).map { x[$0] * mask[$0] })
      Kernels.dropout(untouched.data, count: 1000, probability: 0, key: 9)
      #expect(untouched.bits == x.bits)
    }
  }
}
