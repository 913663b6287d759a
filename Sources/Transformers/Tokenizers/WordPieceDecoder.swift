/// Text of WordPiece ids.
struct WordPieceDecoder: Sendable {
  // Pieces that follow the word before them without a space.
  private static let attached = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].map { Array($0.utf8) }

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

  func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    var text: [UInt8] = []
    var isFirst = true
    for id in ids {
      if skipSpecialTokens, special.contains(id) { continue }
      guard let piece = piece(id) else { continue }
      if isFirst {
        text += piece
      } else if piece.starts(with: WordPieceTokenizer.continuationPrefix) {
        text += piece.dropFirst(2)
      } else {
        if !Self.attached.contains(where: { piece.starts(with: $0) }) { text.append(UInt8(ascii: " ")) }
        text += piece
      }
      isFirst = false
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func piece(_ id: Int32) -> ArraySlice<UInt8>? {
    if id >= 0, Int(id) < pieces.count { return pieces[Int(id)] }
    return added[id]?[...]
  }
}
