import PluginAPI

/// How far the micro F1 of one run depends on the sentences that the test set happens to hold: percentiles 2.5 and 97.5 over
/// bootstrap samples of its sentences (Efron and Tibshirani 1993, ch. 13). It says nothing of the seed.
struct BootstrapInterval: Codable, Sendable, Hashable {
  var low: Double, high: Double
  var samples: Int

  init(_ counts: EntityCounts, samples: Int = 2000, seed: UInt64 = 1) {
    var draws = RandomStream(seed: seed, "bootstrap interval")
    // Right ones above, predicted and gold ones together below: one addition sums both.
    let sentences = counts.sentences.map { UInt64($0.correct) << 32 | UInt64($0.predicted + $0.gold) }
    let count = UInt64(sentences.count)
    var values: [Double] = []
    values.reserveCapacity(samples)
    for _ in 0..<samples {
      var sum: UInt64 = 0, bits: UInt64 = 0
      for i in sentences.indices {
        // Two places from the halves of one number: that they are not exactly as likely is beyond any sample.
        bits = i & 1 == 0 ? draws.next() : bits << 32
        sum &+= sentences[Int(((bits >> 32) &* count) >> 32)]
      }
      values.append(EntityCounts.f1((Int(sum >> 32), Int(sum & 0xFFFF_FFFF))))
    }
    values.sort()
    low = percentile(values, 0.025) ?? counts.f1
    high = percentile(values, 0.975) ?? counts.f1
    self.samples = samples
  }
}

/// The value that `share` of the sorted values lie below, between two of them by a straight line; nil where there are none.
func percentile(_ sorted: [Double], _ share: Double) -> Double? {
  guard let last = sorted.indices.last else { return nil }
  let place = share * Double(last), below = Int(place)
  let above = min(below + 1, last)
  return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
