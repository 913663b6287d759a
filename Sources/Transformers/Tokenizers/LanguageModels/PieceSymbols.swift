/// The characters that a vocabulary's pieces are made of, numbered: a character that is a piece has its id, the others have numbers
/// behind all ids.
struct PieceSymbols {
  private let vocabulary: Vocabulary
  /// Whether text is ever written with a piece: not so with special ones.
  private let isText: (Int) -> Bool
  /// The characters that are no piece.
  private(set) var characters = PackedStrings()
  /// A scalar's number and 1; 0 for scalars that are in no piece.
  private(set) var table = ScalarTable(repeating: 0)
  /// Whether a piece has U+2581 behind another character.
  private(set) var hasMarkInside = false

  init(_ vocabulary: Vocabulary, isText: @escaping (Int) -> Bool) {
    self.vocabulary = vocabulary
    self.isText = isText
    for id in 0..<vocabulary.count where isText(id) {
      let scalars = String(decoding: vocabulary.pieces[id], as: UTF8.self).unicodeScalars
      if scalars.count == 1, let only = scalars.first { table[only.value] = UInt32(id) + 1 }
      if let first = scalars.firstIndex(where: { $0 != "\u{2581}" }), scalars[first...].contains("\u{2581}") {
        hasMarkInside = true
      }
    }
    for id in 0..<vocabulary.count where isText(id) {
      for scalar in String(decoding: vocabulary.pieces[id], as: UTF8.self).unicodeScalars where table[scalar.value] == 0 {
        characters.append(String(scalar).utf8)
        table[scalar.value] = UInt32(vocabulary.count + characters.count)
      }
    }
  }

  /// Every way to make a piece of two symbols; `rank` is that of a piece.
  func rules(_ rank: (Int) -> UInt32) -> [PairMerges.Rule] {
    var rules: [PairMerges.Rule] = []
    for id in 0..<vocabulary.count where isText(id) {
      let piece = vocabulary.pieces[id]
      for cut in piece.indices.dropFirst() where piece[cut] & 0xC0 != 0x80 {
        guard let left = symbol(piece[..<cut]), let right = symbol(piece[cut...]) else { continue }
        rules.append(PairMerges.Rule(left: left, right: right, id: Int32(id), rank: rank(id)))
      }
    }
    return rules
  }

  /// A piece, or a single character.
  private func symbol(_ text: ArraySlice<UInt8>) -> Int32? {
    if let id = vocabulary.id(of: text), isText(Int(id)) { return id }
    let (scalar, length) = text.withUnsafeBufferPointer { UTF8Coding.decode($0, at: 0) }
    guard length == text.count, table[scalar] > 0 else { return nil }
    return Int32(bitPattern: table[scalar]) - 1
  }
}
