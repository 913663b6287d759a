/// The memory of one call of a `UnigramTokenizer`, and the words that earlier calls met.
struct UnigramScratch: ~Copyable, @unchecked Sendable {
  var normalization = TextNormalizer.Buffers()
  var word = GrowableBuffer<UInt8>(capacity: 4096)
  var nodes = GrowableBuffer<UnigramModel.Node>(capacity: 256)
  var cache = PieceCache()
}
