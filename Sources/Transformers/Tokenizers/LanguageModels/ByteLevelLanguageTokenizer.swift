/// Byte-level byte-pair encoding of language models (GPT-2, Llama 3, SmolLM): a text is split into words, whose bytes are merged.
struct ByteLevelLanguageTokenizer: LanguageTokenizer {
  let tokens: LanguageTokens
  let model: BytePairModel
  let splitter: PreTokenizer
  /// Whether a word that is a piece, other than one of these, is that piece without any merge; nil where merges decide.
  let wholeWordsBut: Set<Int32>?
  private let scratches = ScratchPool { BytePairScratch() }

  init(_ tokens: LanguageTokens, _ model: BytePairModel, _ splitter: PreTokenizer, ignoresMerges: Bool, special: Set<Int32>) {
    self.tokens = tokens
    self.model = model
    self.splitter = splitter
    wholeWordsBut = ignoresMerges ? special : nil
  }

  var vocabularySize: Int { tokens.count }
  var bos: Int32? { tokens.settings.bos }
  var addsBOS: Bool { tokens.settings.addsBOS }
  var stopTokens: Set<Int32> { tokens.settings.stopTokens }
  var chatTemplate: String? { tokens.settings.chatTemplate }

  func id(ofSpecial text: String) -> Int32? { tokens.id(ofSpecial: text) }

  func encode(_ text: String, parsingSpecials: Bool, isFirst: Bool) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 4 + 1)
    scratches.with { scratch in
      UTF8Coding.withBytes(text) { bytes in
        tokens.split(bytes, parsingSpecials: parsingSpecials) {
          ids.append($0)
        } text: { stretch in
          splitter.forEachWord(in: stretch) { append($0, &scratch, to: &ids) }
        }
      }
    }
    return ids
  }

  @inline(__always)
  private func append(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    let hash = PieceCache.hash(word)
    if scratch.cache.append(word, hash: hash, to: &ids) { return }
    let start = ids.count
    if let id = piece(word) { ids.append(id) } else { model.append(word, &scratch, to: &ids) }
    scratch.cache.insert(word, hash: hash, ids: ids[start...])
  }

  /// The piece that a word is without any merge.
  private func piece(_ word: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard let special = wholeWordsBut, let id = model.vocabulary.id(of: word.flatMap(ByteLevel.text)), !special.contains(id)
    else { return nil }
    return id
  }

  func bytes(of id: Int32) -> [UInt8] { Array(tokens.bytes(of: id)) }

  func decode(_ ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    for id in ids { bytes += tokens.bytes(of: id) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What each piece stands for.
  static func surfaces(_ pieces: PackedStrings) -> PackedStrings {
    var surfaces = PackedStrings()
    for id in 0..<pieces.count { surfaces.append(ByteLevel.bytes(of: pieces[id])) }
    return surfaces
  }
}
