/// SentencePiece's byte-pair encoding: the symbols of a text are its characters; two neighbours merge where together they are a
/// piece, each time those of the highest score and of equal ones the leftmost. What is left over is written as bytes.
struct PiecePairModel: Sendable {
  /// What a piece is for, numbered as in model files.
  enum Kind: UInt8, Sendable { case normal = 1, unknown, control, userDefined, unused, byte }

  /// A character that is in no piece.
  private static let foreign = Int32.max

  let vocabulary: Vocabulary
  /// The symbol of each scalar and 1, 0 where it is in no piece.
  private let symbols: FrozenScalarTable
  /// The scalars that are in pieces but no pieces themselves: the symbols behind the vocabulary's ids.
  private let characters: PackedStrings
  private let merges: PairMerges
  /// Pieces that are taken apart again into what they were merged of.
  private let unused: Set<Int32>
  /// The pieces of the bytes; nil where characters that are left over are unknown.
  private let byteIDs: FrozenBuffer<Int32>?
  private let unk: Int32?
  /// Whether words can be encoded one by one: no piece goes on behind a word's end.
  let splitsWords: Bool

  /// Merges by the scores of pieces.
  init(
    _ vocabulary: Vocabulary, scores: [Double], kinds: [Kind], byteIDs: [Int32]?, unk: Int32?
  ) {
    let table = PieceSymbols(vocabulary) { kinds[$0] == .normal || kinds[$0] == .unused }
    // Equal scores are equal ranks: then the place decides.
    let distinct = Set(scores).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: zip(distinct, UInt32(0)...))
    let rules = table.rules { ranks[scores[$0]] ?? .max }
    self.init(
      vocabulary, table, rules, unused: Set(kinds.indices.filter { kinds[$0] == .unused }.map { Int32($0) }), byteIDs: byteIDs,
      unk: unk)
  }

  /// Merges by a list, in the order of their ranks.
  init(_ vocabulary: Vocabulary, merges: [(left: Int32, right: Int32, id: Int32)], byteIDs: [Int32]) {
    let rules = merges.enumerated().map { rank, merge in
      PairMerges.Rule(left: merge.left, right: merge.right, id: merge.id, rank: UInt32(truncatingIfNeeded: rank))
    }
    self.init(vocabulary, PieceSymbols(vocabulary) { _ in true }, rules, unused: [], byteIDs: byteIDs, unk: nil)
  }

  private init(
    _ vocabulary: Vocabulary, _ table: PieceSymbols, _ rules: [PairMerges.Rule], unused: Set<Int32>, byteIDs: [Int32]?,
    unk: Int32?
  ) {
    self.vocabulary = vocabulary
    symbols = FrozenScalarTable(table.table)
    characters = table.characters
    merges = PairMerges(rules)
    self.unused = unused
    self.byteIDs = byteIDs.map { FrozenBuffer($0) }
    self.unk = unk
    splitsWords = unused.isEmpty && !table.hasMarkInside
  }

  /// Appends the ids of a normalised text.
  func append(_ text: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    scratch.clear(for: text.count)
    var position = 0
    while position < text.count {
      let (symbol, end) = symbols.value(text, at: position)
      scratch.append(symbol == 0 ? Self.foreign : Int32(bitPattern: symbol) - 1)
      position = end
    }
    var parts: [Int32: (left: Int32, right: Int32)] = [:]
    if unused.isEmpty {
      merges.apply(&scratch)
    } else {
      merges.apply(&scratch) { left, right, id in
        if unused.contains(id) { parts[id] = (left, right) }
      }
    }
    position = 0
    for symbol in scratch.symbols.elements {
      let end = position + UTF8Coding.length(text[position])
      if symbol.id == Self.foreign {
        appendBytes(of: text[position..<end], to: &ids)
      } else if symbol.id >= 0 {
        append(symbol.id, parts, to: &ids)
      }
      position = end
    }
  }

  /// `parts`: what each unused piece was merged of.
  private func append(_ symbol: Int32, _ parts: [Int32: (left: Int32, right: Int32)], to ids: inout [Int32]) {
    if Int(symbol) >= vocabulary.count {
      appendBytes(of: characters[Int(symbol) - vocabulary.count], to: &ids)
    } else if !unused.contains(symbol) {
      ids.append(symbol)
    } else if let (left, right) = parts[symbol] {
      append(left, parts, to: &ids)
      append(right, parts, to: &ids)
    } else {
      appendBytes(of: vocabulary.pieces[Int(symbol)], to: &ids)
    }
  }

  private func appendBytes(of text: some Sequence<UInt8>, to ids: inout [Int32]) {
    if let byteIDs {
      for byte in text { ids.append(byteIDs.pointer[Int(byte)]) }
    } else if let unk {
      ids.append(unk)
    }
  }

  /// Neighbouring unknown characters are one unknown piece.
  func joinUnknown(_ ids: inout [Int32], from start: Int) {
    guard byteIDs == nil, let unk, ids.count - start > 1 else { return }
    var end = start
    for index in start..<ids.count where index == start || ids[index] != unk || ids[index - 1] != unk {
      ids[end] = ids[index]
      end += 1
    }
    ids.removeLast(ids.count - end)
  }
}
