/// What the ids of a language model stand for, and which of them are special.
struct LanguageTokens: Sendable {
  /// The bytes of each id.
  private let surfaces: PackedStrings
  private let specials: [[UInt8]: Int32]
  /// The tokens that are found in every text, and those with the special ones.
  private let always: AddedTokens
  private let all: AddedTokens
  let settings: LanguageSettings

  /// `surfaces`: of pieces in the order of their ids. Those of `tokens`, which are found literally in a text, are set here: the
  /// token's text, or nothing where it is special.
  init(surfaces: PackedStrings, tokens: [AddedSpecialToken], _ settings: LanguageSettings) throws(TokenizerError) {
    var listed: [Int32: [UInt8]] = [:]
    var specials: [[UInt8]: Int32] = [:]
    for token in tokens {
      let text = Array(token.text.utf8)
      listed[token.id] = token.isSpecial ? [] : text
      if token.isSpecial { specials[text] = token.id }
    }
    let count = tokens.reduce(surfaces.count) { max($0, Int($1.id) + 1) }
    var all = PackedStrings()
    for id in 0..<count { all.append(listed[Int32(id)] ?? (id < surfaces.count ? Array(surfaces[id]) : [])) }
    self.surfaces = all
    self.specials = specials
    always = try AddedTokens(tokens.filter { !$0.isSpecial })
    self.all = try AddedTokens(tokens)
    var settings = settings
    settings.stopTokens.formUnion(LanguageSettings.stopTexts.compactMap { specials[Array($0.utf8)] })
    self.settings = settings
  }

  var count: Int { surfaces.count }

  func id(ofSpecial text: String) -> Int32? { specials[Array(text.utf8)] }

  func bytes(of id: Int32) -> ArraySlice<UInt8> { id >= 0 && Int(id) < surfaces.count ? surfaces[Int(id)] : [] }

  /// Calls `token` with each token that is found in the text, and `text` with each stretch between them, in order.
  @inline(__always)
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, parsingSpecials: Bool, token: (Int32) -> Void,
    text: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    (parsingSpecials ? all : always).split(bytes, token: token, text: text)
  }
}
