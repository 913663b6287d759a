/// Text of WordPiece pieces.
enum WordPieceDecoder {
  // Pieces that follow the word before them without a space.
  private static let attached = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].map { Array($0.utf8) }

  static func text(of pieces: some Sequence<ArraySlice<UInt8>>) -> String {
    var text: [UInt8] = []
    var isFirst = true
    for piece in pieces {
      if isFirst {
        text += piece
      } else if piece.starts(with: WordPieceTokenizer.continuationPrefix) {
        text += piece.dropFirst(2)
      } else {
        if !attached.contains(where: { piece.starts(with: $0) }) { text.append(UInt8(ascii: " ")) }
        text += piece
      }
      isFirst = false
    }
    return String(decoding: text, as: UTF8.self)
  }
}
