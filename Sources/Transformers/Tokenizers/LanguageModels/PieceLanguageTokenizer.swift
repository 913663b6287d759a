/// The tokenizer of language models with SentencePiece's byte-pair encoding (Llama 2, Mistral, TinyLlama).
struct PieceLanguageTokenizer: LanguageTokenizer {
  /// What is dropped in front of a decoded text, because encoding put it there or removed what was there.
  enum LeadingSpaces: Sendable {
    case none
    /// One space.
    case one
    /// One space of each piece, as long as nothing else has come.
    case ofEachPiece
  }

  let tokens: LanguageTokens
  let model: PiecePairModel
  let normalizer: PieceNormalizer
  let leading: LeadingSpaces
  /// Pieces that are found in the normalised text before it is encoded.
  private let userDefined: AddedTokenSplitter
  private let isByte: Set<Int32>
  private let scratches = ScratchPool { BytePairScratch() }

  init(
    _ tokens: LanguageTokens, _ model: PiecePairModel, _ normalizer: PieceNormalizer, leading: LeadingSpaces,
    userDefined: [AddedSpecialToken] = [], byteIDs: [Int32]?
  ) throws(TokenizerError) {
    self.tokens = tokens
    self.model = model
    self.normalizer = normalizer
    self.leading = leading
    self.userDefined = try AddedTokenSplitter(userDefined.map { (Array($0.text.utf8), $0) })
    isByte = Set(byteIDs ?? [])
  }

  var vocabularySize: Int { tokens.count }
  var bos: Int32? { tokens.settings.bos }
  var addsBOS: Bool { tokens.settings.addsBOS }
  var stopTokens: Set<Int32> { tokens.settings.stopTokens }
  var chatTemplate: String? { tokens.settings.chatTemplate }

  func id(ofSpecial text: String) -> Int32? { tokens.id(ofSpecial: text) }

  func encode(_ text: String, parsingSpecials: Bool, isFirst: Bool) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 3 + 1)
    scratches.with { scratch in
      UTF8Coding.withBytes(text) { bytes in
        tokens.split(bytes, parsingSpecials: parsingSpecials) {
          ids.append($0)
        } text: { stretch in
          scratch.text.count = 0
          normalizer.apply(stretch, isFirst: isFirst && stretch.baseAddress == bytes.baseAddress, to: &scratch.text)
          append(scratch.text.elements, &scratch, to: &ids)
        }
      }
    }
    return ids
  }

  /// Appends the ids of a normalised stretch.
  private func append(_ text: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    let start = ids.count
    var parts = userDefined.parts(of: text)
    while let part = parts.next() {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range): appendWords(of: UnsafeBufferPointer(rebasing: text[range]), &scratch, to: &ids)
      }
    }
    model.joinUnknown(&ids, from: start)
  }

  private func appendWords(of text: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    guard model.splitsWords else { return model.append(text, &scratch, to: &ids) }
    var position = 0
    while position < text.count {
      let end = Self.wordEnd(in: text, from: position)
      let word = UnsafeBufferPointer(rebasing: text[position..<end])
      let hash = PieceCache.hash(word)
      if !scratch.cache.append(word, hash: hash, to: &ids) {
        let start = ids.count
        model.append(word, &scratch, to: &ids)
        scratch.cache.insert(word, hash: hash, ids: ids[start...])
      }
      position = end
    }
  }

  /// A word is some marks and what follows them up to the next mark.
  @inline(__always)
  private static func wordEnd(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    func isMark(_ position: Int) -> Bool {
      text[position] == 0xE2 && text[position + 1] == 0x96 && text[position + 2] == 0x81
    }
    var position = start
    while position < text.count, isMark(position) { position += Metaspace.mark.count }
    while position < text.count, !isMark(position) { position += 1 }
    return position
  }

  func bytes(of id: Int32) -> [UInt8] { Array(tokens.bytes(of: id)) }

  /// As SentencePiece decodes: the space that encoding put in front is dropped, and each byte that is no UTF-8 becomes a U+FFFD.
  func decode(_ ids: [Int32]) -> String {
    var text: [UInt8] = []
    var dropped = false
    for id in ids {
      var piece = tokens.bytes(of: id)
      if !dropped, text.isEmpty, leading != .none, !isByte.contains(id), piece.first == 0x20 {
        piece = piece.dropFirst()
        dropped = leading == .one
      }
      text += piece
    }
    return UTF8Coding.repaired(text)
  }

  /// What each piece stands for: marks are spaces; special pieces stand for nothing.
  static func surfaces(_ pieces: PackedStrings, _ kinds: [PiecePairModel.Kind], byteIDs: [Int32]?) -> PackedStrings {
    let bytes = Dictionary((byteIDs ?? []).enumerated().map { ($1, UInt8($0)) }, uniquingKeysWith: { first, _ in first })
    var surfaces = PackedStrings()
    for id in 0..<pieces.count {
      if let byte = bytes[Int32(id)] {
        surfaces.append([byte])
      } else if kinds[id] == .control || kinds[id] == .unknown {
        surfaces.append([])
      } else {
        surfaces.append(unmarked(pieces[id]))
      }
    }
    return surfaces
  }

  private static func unmarked(_ piece: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var position = piece.startIndex
    while position < piece.endIndex {
      let isMark = piece[position...].starts(with: Metaspace.mark)
      text.append(isMark ? 0x20 : piece[position])
      position += isMark ? Metaspace.mark.count : 1
    }
    return text
  }

  /// The pieces of the 256 bytes, `<0x00>` to `<0xFF>`; nil where one is missing.
  static func byteIDs(_ vocabulary: Vocabulary) -> [Int32]? {
    let digits = Array("0123456789ABCDEF".utf8)
    let ids = (0..<256).compactMap {
      vocabulary.id(of: Array("<0x".utf8) + [digits[$0 / 16], digits[$0 % 16]] + Array(">".utf8))
    }
    return ids.count == 256 ? ids : nil
  }
}
