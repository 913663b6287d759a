/// Pieces with log probabilities. A word becomes the sequence of pieces with the greatest sum, found by dynamic programming
/// over its bytes (Kudo 2018, "Subword Regularization", section 3.2).
struct UnigramModel: Sendable {
  /// How much less than the least probable piece an unknown scalar counts, as in SentencePiece.
  private static let unknownPenalty = 10.0

  /// The best way to a place in a word.
  struct Node: BitwiseCopyable {
    var score = 0.0
    var id: Int32 = 0
    /// Where the last piece begins; -1: no way was found yet.
    var start: Int32 = -1
  }

  let vocabulary: Vocabulary
  let unk: Int32
  private let scores: FrozenBuffer<Double>
  private let unknownScore: Double

  /// `scores`: one for each piece.
  init(_ vocabulary: Vocabulary, scores: [Double], unk: Int32) {
    self.vocabulary = vocabulary
    self.unk = unk
    self.scores = FrozenBuffer(scores)
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
  }

  /// Appends the ids of a word. Of sequences with the same sum the reference's is taken: the one found first, from the left and
  /// with shorter pieces first.
  func append(_ word: UnsafeBufferPointer<UInt8>, nodes: inout GrowableBuffer<Node>, to ids: inout [Int32]) {
    nodes.count = 0
    nodes.reserve(word.count + 1)
    let (trie, scores) = (vocabulary.trie.walker, scores.pointer)
    let best = nodes.storage
    best[...word.count].update(repeating: Node())
    var position = 0
    while position < word.count {
      let score = best[position].score
      let scalarEnd = position + UTF8Coding.length(word[position])
      var coversScalar = false
      trie.forEachMatch(in: word, from: position) { id, end in
        let candidate = score + scores[Int(id)]
        if best[end].start < 0 || candidate > best[end].score {
          best[end] = Node(score: candidate, id: id, start: Int32(truncatingIfNeeded: position))
        }
        if end == scalarEnd { coversScalar = true }
      }
      if !coversScalar {
        let candidate = score + unknownScore
        if best[scalarEnd].start < 0 || candidate > best[scalarEnd].score {
          best[scalarEnd] = Node(score: candidate, id: unk, start: Int32(truncatingIfNeeded: position))
        }
      }
      position = scalarEnd
    }
    collect(best, from: word.count, into: &ids)
  }

  /// Ids from the last to the first, put in order. Unknown scalars beside each other are one unknown token.
  @inline(__always)
  private func collect(_ best: UnsafeMutableBufferPointer<Node>, from end: Int, into ids: inout [Int32]) {
    let first = ids.count
    var end = end
    while end > 0 {
      let node = best[end]
      if node.id != unk || ids.count == first || ids[ids.count - 1] != unk { ids.append(node.id) }
      end = Int(node.start)
    }
    var (low, high) = (first, ids.count - 1)
    while low < high {
      ids.swapAt(low, high)
      (low, high) = (low + 1, high - 1)
    }
  }
}
