/// The tokens that a text is searched for before it is split into words.
struct AddedTokens: Sendable {
  let tokens: [AddedSpecialToken]
  private let original: AddedTokenSplitter
  private let normalized: AddedTokenSplitter

  /// `normalize` is the model's rewriting of texts.
  init(_ tokens: [AddedSpecialToken], normalize: ([UInt8]) -> [UInt8] = { $0 }) throws(TokenizerError) {
    self.tokens = tokens
    original = try AddedTokenSplitter(tokens.filter { !$0.isNormalized }.map { (Array($0.text.utf8), $0) })
    normalized = try AddedTokenSplitter(tokens.filter(\.isNormalized).map { (normalize(Array($0.text.utf8)), $0) })
  }

  /// Calls `token` with the id of each added token in `bytes` and `text` with each stretch between them, in order. Stretches
  /// are normalised before they are searched for the tokens that are normalised themselves.
  @inline(__always)
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>,
    normalize: (UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> = { $0 },
    token: (Int32) -> Void, text: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var parts = original.parts(of: bytes)
    while let part = parts.next() {
      switch part {
      case .token(let id): token(id)
      case .text(let range):
        let stretch = normalize(UnsafeBufferPointer(rebasing: bytes[range]))
        if normalized.isEmpty {
          text(stretch)
          continue
        }
        var inner = normalized.parts(of: stretch)
        while let part = inner.next() {
          switch part {
          case .token(let id): token(id)
          case .text(let range): text(UnsafeBufferPointer(rebasing: stretch[range]))
          }
        }
      }
    }
  }
}
