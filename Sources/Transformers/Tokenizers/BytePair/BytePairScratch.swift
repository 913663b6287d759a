/// The memory of one call of a `BytePairTokenizer`, and the words that earlier calls met.
struct BytePairScratch: ~Copyable, @unchecked Sendable {
  var text = GrowableBuffer<UInt8>(capacity: 4096)
  var symbols = GrowableBuffer<BytePairModel.Symbol>(capacity: 256)
  var queue = MinHeap()
  var cache = PieceCache()
}
