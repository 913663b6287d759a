/// The pieces of a model in the order of their ids, keyed by their UTF-8 bytes.
public struct Vocabulary: Sendable {
  let pieces: PackedStrings
  let trie: ByteTrie

  /// Number of pieces.
  public var count: Int { pieces.count }

  /// A vocabulary of these pieces; the position of a piece is its id.
  public init(pieces: [String]) throws(TokenizerError) {
    var packed = PackedStrings()
    for piece in pieces { packed.append(piece.utf8) }
    try self.init(numbered: packed, file: nil)
  }

  /// Reads a `vocab.txt`: a piece a line; lines end at LF or CR LF. Of a piece on several lines the last is the id, as in the
  /// reference's dictionary.
  public init(file: String) throws(TokenizerError) {
    let bytes = try FileContents.read(file)
    guard bytes.withUnsafeBufferPointer(UTF8Coding.isValid) else {
      throw TokenizerError(
        file: file, problem: "not valid UTF-8", remedy: "save the vocabulary as UTF-8, or fetch the model's file again")
    }
    var packed = PackedStrings()
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      packed.append(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
    // Blank lines at the end number nothing; one in between holds an id that nothing matches.
    while packed.count > 0, packed[packed.count - 1].isEmpty { packed.removeLast() }
    let order = packed.sortedOrder().filter { !packed[$0].isEmpty }
    try self.init(packed, order: packed.lastOfEqual(in: order), file: file)
  }

  /// Pieces in the order of their ids. Empty ones hold ids that nothing matches.
  init(numbered packed: PackedStrings, file: String?) throws(TokenizerError) {
    let order = packed.sortedOrder().filter { !packed[$0].isEmpty }
    if let (first, second) = packed.firstDuplicate(in: order) {
      throw TokenizerError(
        file: file, problem: "the piece \"\(packed.string(first))\" has the ids \(first) and \(second)",
        remedy: "use the vocabulary that the model was trained with, in which pieces are distinct")
    }
    try self.init(packed, order: order, file: file)
  }

  /// An object of pieces and their ids. Ids that no piece has stay empty.
  init(_ json: JSON?, file: String) throws(TokenizerError) {
    var entries: [(id: Int, piece: ArraySlice<UInt8>)] = []
    try json?.forEachMember { (piece, id) throws(TokenizerError) in
      guard let id = id.id else {
        throw TokenizerError(
          file: file, problem: "the piece \"\(String(decoding: piece, as: UTF8.self))\" has no id",
          remedy: "fetch the model's file again; it may be incomplete")
      }
      entries.append((Int(id), piece))
    }
    var pieces = [ArraySlice<UInt8>](repeating: [], count: entries.count * 2)
    for (id, piece) in entries where !piece.isEmpty {
      // Ids far beyond the pieces' number are a fault, and would be a table of that size.
      guard id < pieces.count else {
        throw TokenizerError(
          file: file, problem: "\(entries.count) pieces, and the id \(id)",
          remedy: "use the vocabulary that the model was trained with, in which pieces are numbered from 0")
      }
      guard pieces[id].isEmpty else {
        let texts = [pieces[id], piece].map { "\"\(String(decoding: $0, as: UTF8.self))\"" }
        throw TokenizerError(
          file: file, problem: "the pieces \(texts[0]) and \(texts[1]) have the same id \(id)",
          remedy: "use the vocabulary that the model was trained with, in which ids are distinct")
      }
      pieces[id] = piece
    }
    var packed = PackedStrings()
    for piece in pieces { packed.append(piece) }
    while packed.count > 0, packed[packed.count - 1].isEmpty { packed.removeLast() }
    try self.init(numbered: packed, file: file)
  }

  private init(_ packed: PackedStrings, order: [Int], file: String?) throws(TokenizerError) {
    guard packed.count > 0 else {
      throw TokenizerError(
        file: file, problem: "the vocabulary is empty", remedy: "use the vocabulary that the model was trained with")
    }
    pieces = packed
    trie = try ByteTrie(packed, order: order, file: file)
  }

  /// Id of exactly this piece.
  public func id(of piece: String) -> Int32? { trie.value(of: piece.utf8) }

  func id(of piece: some Sequence<UInt8>) -> Int32? { trie.value(of: piece) }

  /// Whether a piece that begins a word, other than a bracketed one such as "[CLS]", has a capital ASCII letter.
  var isCased: Bool {
    (0..<count).contains { index in
      let piece = pieces[index]
      if piece.first == UInt8(ascii: "[") || piece.starts(with: WordPieceTokenizer.continuationPrefix) { return false }
      return piece.contains { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
    }
  }
}
