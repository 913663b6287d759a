extension [AddedSpecialToken] {
  /// The tokens of a vocabulary with these texts, as far as it has them.
  init(_ texts: [String], in vocabulary: Vocabulary) {
    self = texts.compactMap { text in
      vocabulary.id(of: text).map { AddedSpecialToken(text: text, id: $0, isSpecial: true) }
    }
  }

  /// Adds tokens of a configuration. One that is here already is replaced, or stays where `keeping` is true.
  mutating func merge(_ tokens: [AddedSpecialToken], keeping: Bool = false, _ vocabulary: Vocabulary) {
    for var token in tokens {
      let place = firstIndex { $0.text.utf8.elementsEqual(token.text.utf8) }
      if let place, keeping || token.id == AddedSpecialToken.unnumbered { token.id = self[place].id }
      if token.id == AddedSpecialToken.unnumbered {
        guard let id = vocabulary.id(of: token.text) ?? (token.isNew ? next(vocabulary) : nil) else { continue }
        token.id = id
      }
      if let place {
        if !keeping { self[place] = token }
      } else {
        append(token)
      }
    }
  }

  /// The greatest id there can be has no next one: a token that claims it is refused later.
  private func next(_ vocabulary: Vocabulary) -> Int32 { reduce(Int32(vocabulary.count)) { Swift.max($0, $1.id &+ 1) } }
}
