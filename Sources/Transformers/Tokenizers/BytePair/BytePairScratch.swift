/// The memory of one call of a tokenizer that merges pairs, and the words that earlier calls met.
struct BytePairScratch: ~Copyable, @unchecked Sendable {
  var text = GrowableBuffer<UInt8>(capacity: 4096)
  var symbols = GrowableBuffer<PairMerges.Symbol>(capacity: 256)
  var queue = MinHeap()
  var cache = PieceCache()

  /// Makes room for the symbols of a word.
  mutating func clear(for count: Int) {
    symbols.count = 0
    symbols.reserve(count)
  }

  /// Appends a symbol behind the others. There must be room.
  @inline(__always)
  mutating func append(_ id: Int32) {
    let index = Int32(truncatingIfNeeded: symbols.count)
    symbols.append(PairMerges.Symbol(id: id, previous: index - 1, next: index + 1))
  }
}
