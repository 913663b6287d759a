import PluginAPI

/// The batches of an epoch: a function of seed and epoch alone, so that a resumed run finds its place by counting.
struct EpochPlan {
  let batches: [[Int]]

  /// - Parameter lengths: words of each training example, context included.
  init(lengths: [Int], section: TrainingSection, seed: UInt64, epoch: Int) {
    var random = RandomStream(seed: seed, "shuffle").stream(epoch)
    var order = Array(lengths.indices)
    order.shuffle(using: &random)
    guard section.bucketing == "length" else {
      batches = Self.cut(order, section.batch)
      return
    }
    // Similar lengths together within buckets of 50 batches, then the batches in random order.
    let bucketed = Self.cut(order, section.batch * 50).flatMap { bucket in
      bucket.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    }
    var batches = Self.cut(bucketed, section.batch)
    batches.shuffle(using: &random)
    self.batches = batches
  }

  private static func cut(_ order: [Int], _ size: Int) -> [[Int]] {
    stride(from: 0, to: order.count, by: size).map { Array(order[$0..<min($0 + size, order.count)]) }
  }
}
