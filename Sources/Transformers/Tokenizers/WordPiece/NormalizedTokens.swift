/// How added tokens are found where one of them is to be found in the normalised text: the text is normalised before it is searched,
/// and what lies between the tokens is only split into words. Without such a token the scanner does all of it in one pass.
struct NormalizedTokens: Sendable {
  /// What the scanner has left to do.
  static let scannerOptions = WordPieceOptions(lowercases: false, spacesIdeographs: false)

  private let added: AddedTokens
  private let normalizer: BasicNormalizer

  init(_ tokens: [AddedSpecialToken], _ options: WordPieceOptions) throws(TokenizerError) {
    let normalizer = BasicNormalizer(options, matcher: try SpecialTokenMatcher([]))
    self.normalizer = normalizer
    added = try AddedTokens(tokens) { bytes in
      var text = NormalizedText()
      return bytes.withUnsafeBufferPointer { Array(text.make($0, normalizer)) }
    }
  }

  /// Calls `token` with the id of each token in `bytes` and `text` with each normalised stretch between them, in order.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, token: (Int32) -> Void, text: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var normalized = NormalizedText()
    added.split(bytes, normalize: { normalized.make($0, normalizer) }, token: token, text: text)
  }
}
