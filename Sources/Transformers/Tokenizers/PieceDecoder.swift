/// The pieces of ids, those of added tokens included.
struct PieceDecoder: Sendable {
  private let pieces: PackedStrings
  /// Tokens beyond the vocabulary.
  private let added: [Int32: [UInt8]]
  private let special: Set<Int32>

  init(_ pieces: PackedStrings, added: [AddedSpecialToken]) {
    self.pieces = pieces
    self.added = Dictionary(
      added.filter { Int($0.id) >= pieces.count }.map { ($0.id, Array($0.text.utf8)) }, uniquingKeysWith: { first, _ in first })
    special = Set(added.filter(\.isSpecial).map(\.id))
  }

  /// Ids outside of the vocabulary are left out.
  func pieces(of ids: [Int32], skipSpecialTokens: Bool) -> some Sequence<ArraySlice<UInt8>> {
    ids.lazy.filter { !skipSpecialTokens || !special.contains($0) }.compactMap { id -> ArraySlice<UInt8>? in
      id >= 0 && Int(id) < pieces.count ? pieces[Int(id)] : added[id]?[...]
    }
  }
}
