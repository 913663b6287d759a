/// Finds special tokens that are written literally in a text. Tried at each position from left to right, the longest
/// match is the reference's choice.
struct SpecialTokenMatcher: Sendable {
  private let trie: ByteTrie
  private let ids: FrozenBuffer<Int32>
  /// 1 for each byte that a special token begins with: the test that fails nearly always.
  let firstBytes: FrozenBuffer<UInt8>

  init(_ tokens: [(text: [UInt8], id: Int32)]) throws(TokenizerError) {
    var strings = PackedStrings()
    var firstBytes = [UInt8](repeating: 0, count: 256)
    var ids: [Int32] = []
    for token in tokens {
      guard let first = token.text.first else { continue }
      strings.append(token.text)
      ids.append(token.id)
      firstBytes[Int(first)] = 1
    }
    self.trie = try ByteTrie(strings, order: strings.sortedOrder())
    self.ids = FrozenBuffer(ids)
    self.firstBytes = FrozenBuffer(firstBytes)
  }

  func match(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (id: Int32, end: Int)? {
    withExtendedLifetime(trie) {
      trie.walker.longestMatch(in: bytes, from: start, to: bytes.count).map { (ids[Int($0.value)], $0.end) }
    }
  }
}
