/// Text of WordPiece pieces.
struct WordPieceDecoder: Sendable {
  /// Whether pieces that continue a word are joined to it.
  private var joinsPieces = true
  /// Whether closing punctuation and contractions are joined to the word before them.
  private var cleansUp = true

  // Pieces that follow the word before them without a space.
  private static let attached = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].map { Array($0.utf8) }

  /// BERT's own.
  init() {}

  /// What a `tokenizer.json` says: no decoder gives the pieces as they are, one of another type counts as BERT's own. Ids do not
  /// depend on it, so that nothing is refused.
  init(_ file: TokenizerFile) {
    let steps = file.steps("decoder")
    joinsPieces = !steps.isEmpty
    cleansUp = joinsPieces && steps.first?.settings["cleanup"]?.bool ?? true
  }

  func text(of pieces: some Sequence<ArraySlice<UInt8>>) -> String {
    var text: [UInt8] = []
    var isFirst = true
    for piece in pieces {
      if isFirst {
        text += piece
      } else if joinsPieces, piece.starts(with: WordPieceTokenizer.continuationPrefix) {
        text += piece.dropFirst(2)
      } else {
        if !cleansUp || !Self.attached.contains(where: { piece.starts(with: $0) }) { text.append(UInt8(ascii: " ")) }
        text += piece
      }
      isFirst = false
    }
    return String(decoding: text, as: UTF8.self)
  }
}
