/// Byte-level byte-pair encoding: the symbols of a word are its bytes.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  /// The id of each byte; -1 where the model has none.
  private let byteIDs: FrozenBuffer<Int32>
  private let merges: PairMerges

  /// `merges`: pairs of ids and the id of what they make, in the order of their ranks. Of equal pairs the last one counts.
  init(_ vocabulary: Vocabulary, merges: [(left: Int32, right: Int32, id: Int32)], unk: Int32?) {
    self.vocabulary = vocabulary
    byteIDs = FrozenBuffer((0..<256).map { vocabulary.id(of: ByteLevel.text(of: UInt8($0))) ?? unk ?? -1 })
    self.merges = PairMerges(
      merges.enumerated().map { rank, merge in
        PairMerges.Rule(left: merge.left, right: merge.right, id: merge.id, rank: UInt32(truncatingIfNeeded: rank))
      })
  }

  /// Appends the ids of a word. Bytes that the model does not have are left out, unless it has an unknown token.
  func append(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    scratch.clear(for: word.count)
    for byte in word where byteIDs.pointer[Int(byte)] >= 0 { scratch.append(byteIDs.pointer[Int(byte)]) }
    merges.apply(&scratch)
    for symbol in scratch.symbols.elements where symbol.id >= 0 { ids.append(symbol.id) }
  }
}
