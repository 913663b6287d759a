/// One pass over UTF-8: normalises scalar by scalar into the buffer of the current word and matches the word when it ends.
/// Borrows the tables of a tokenizer, which its creator keeps alive.
struct WordPieceScanner {
  /// Longer words, counted in scalars, become one unknown token.
  static let maxWordLength = 100
  /// Room for a word of the greatest length, for the first scalar too many and for a scalar being written.
  static let wordCapacity = (maxWordLength + 3) * 4

  private let trie: ByteTrie.Walker
  private let continuationRoot: Int32
  private let unk: Int32
  private let matcher: SpecialTokenMatcher
  private let firstBytes: UnsafeBufferPointer<UInt8>
  private let ascii: UnsafeBufferPointer<UInt8>
  private let pages: UnsafeBufferPointer<UInt16>
  private let entries: UnsafeBufferPointer<UInt32>
  private let sequences: UnsafeBufferPointer<UInt32>

  private let word: UnsafeMutableBufferPointer<UInt8>
  private let storeLimit: Int
  private var count = 0
  // Bytes of the word beyond one a scalar.
  private var extraBytes = 0
  // Marks are not moved before this byte of the word.
  private var reorderBarrier = 0

  /// `word`: at least `wordCapacity` bytes.
  init(_ tokenizer: WordPieceTokenizer, word: UnsafeMutableBufferPointer<UInt8>) {
    trie = tokenizer.vocabulary.trie.walker
    continuationRoot = tokenizer.continuationRoot
    unk = tokenizer.specialTokens.unk
    matcher = tokenizer.matcher
    firstBytes = tokenizer.matcher.firstBytes.pointer
    ascii = tokenizer.normalizer.ascii.pointer
    pages = tokenizer.normalizer.pages.pointer
    entries = tokenizer.normalizer.entries.pointer
    sequences = tokenizer.normalizer.sequences.pointer
    self.word = word
    storeLimit = Self.wordCapacity - 4
  }

  mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      let code = ascii[Int(byte)]
      if code >= BasicNormalizer.ASCII.firstLetter {
        if count < storeLimit {
          word[count] = code
          count += 1
        }
        position += 1
      } else if code == BasicNormalizer.ASCII.space {
        endWord(&ids)
        position += 1
      } else if code == BasicNormalizer.ASCII.isolated {
        endWord(&ids)
        word[0] = byte
        count = 1
        endWord(&ids)
        position += 1
      } else {
        position = scanSlowly(bytes, at: position, into: &ids)
      }
    }
    endWord(&ids)
  }

  private mutating func scanSlowly(
    _ bytes: UnsafeBufferPointer<UInt8>, at position: Int, into ids: inout [Int32]
  ) -> Int {
    if firstBytes[Int(bytes[position])] == 1, let match = matcher.match(in: bytes, at: position) {
      endWord(&ids)
      ids.append(match.id)
      return match.end
    }
    let (scalar, length) = UTF8Coding.decode(bytes, at: position)
    let action = self.action(scalar)
    switch action.kind {
    case .removed: break
    case .removedStarter: reorderBarrier = count
    case .space: endWord(&ids)
    case .sequence:
      let start = Int(action.payload)
      for index in start + 1...start + Int(sequences[start]) {
        apply(ScalarAction(rawValue: sequences[index]), to: scalar, &ids)
      }
    case .syllable:
      let (leading, vowel, trailing) = Hangul.jamo(scalar)
      append(leading)
      append(vowel)
      if trailing != 0 { append(trailing) }
    case .letter, .mark, .isolated: apply(action, to: scalar, &ids)
    }
    return position + length
  }

  @inline(__always)
  private func action(_ scalar: UInt32) -> ScalarAction {
    let page = Int(pages[Int(scalar >> ScalarTable.pageBits)])
    return ScalarAction(
      rawValue: entries[page << Int(ScalarTable.pageBits) | Int(scalar & (1 << ScalarTable.pageBits - 1))])
  }

  @inline(__always)
  private mutating func apply(_ action: ScalarAction, to source: UInt32, _ ids: inout [Int32]) {
    let scalar = action.payload == 0 ? source : action.payload
    switch action.kind {
    case .mark: insertMark(scalar, combiningClass: action.combiningClass)
    case .isolated:
      endWord(&ids)
      append(scalar)
      endWord(&ids)
    default: append(scalar)
    }
  }

  @inline(__always)
  private mutating func append(_ scalar: UInt32) {
    if count >= storeLimit { return }
    let length = UTF8Coding.encode(scalar, to: word, at: count)
    count += length
    extraBytes += length - 1
  }

  @inline(__always)
  private mutating func insertMark(_ scalar: UInt32, combiningClass: UInt32) {
    if count >= storeLimit { return }
    let start = count
    append(scalar)
    CanonicalOrder.place(
      scalar, combiningClass: combiningClass, at: start, to: count, of: word, barrier: reorderBarrier,
      classOf: { action($0).combiningClass })
  }

  @inline(__always)
  private mutating func endWord(_ ids: inout [Int32]) {
    if count == 0 { return reorderBarrier = 0 }
    if count - extraBytes > Self.maxWordLength { ids.append(unk) } else { matchWord(&ids) }
    count = 0
    extraBytes = 0
    reorderBarrier = 0
  }

  /// Greedy longest match; a word that cannot be covered to its end is one unknown token.
  @inline(__always)
  private func matchWord(_ ids: inout [Int32]) {
    let bytes = UnsafeBufferPointer(word)
    let before = ids.count
    var root = ByteTrie.root
    var position = 0
    while position < count {
      guard root >= 0, let match = trie.longestMatch(in: bytes, from: position, to: count, root: root) else {
        ids.removeLast(ids.count - before)
        ids.append(unk)
        return
      }
      ids.append(match.value)
      position = match.end
      root = continuationRoot
    }
  }
}
