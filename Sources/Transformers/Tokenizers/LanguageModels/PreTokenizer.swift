/// How the text of a byte-level language model is split into words, before each is encoded by itself.
enum PreTokenizer: Sendable, Equatable {
  /// GPT-2's expression.
  case gpt2
  /// Each number's character by itself, then GPT-2's expression on what is between them.
  case digitsApart
  /// Llama 3's expression, with at most so many of a number's characters to a word. `longS`: see ``Llama3Splitter``.
  case llama3(digits: Int, longS: Bool = false)

  /// Calls `body` with each word, in order.
  @inline(__always)
  func forEachWord(in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    func each(_ text: UnsafeBufferPointer<UInt8>, _ end: (UnsafeBufferPointer<UInt8>, Int) -> Int) {
      var position = 0
      while position < text.count {
        let next = end(text, position)
        body(UnsafeBufferPointer(rebasing: text[position..<next]))
        position = next
      }
    }
    switch self {
    case .gpt2: each(text) { ByteLevelSplitter.shared.end(in: $0, from: $1) }
    case .llama3(let digits, let longS):
      let splitter = Llama3Splitter(digits: digits, longS: longS)
      each(text) { splitter.end(in: $0, from: $1) }
    case .digitsApart:
      let table = CharacterClass.table
      var (start, position) = (0, 0)
      while position < text.count {
        let (kind, end) = table.scalar(text, at: position)
        if kind == .number {
          each(UnsafeBufferPointer(rebasing: text[start..<position])) { ByteLevelSplitter.shared.end(in: $0, from: $1) }
          body(UnsafeBufferPointer(rebasing: text[position..<end]))
          start = end
        }
        position = end
      }
      each(UnsafeBufferPointer(rebasing: text[start...])) { ByteLevelSplitter.shared.end(in: $0, from: $1) }
    }
  }
}
