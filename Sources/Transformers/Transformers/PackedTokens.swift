import PluginAPI

/// Sequences of sub-tokens, one after the other, without padding.
public struct PackedTokens: Sendable {
  /// Vocabulary indices.
  public var ids: [Int32] = []
  /// Rows of the position embedding.
  public var positions: [Int32] = []
  /// Rows of the token-type embedding.
  public var types: [Int32] = []
  /// Sequence s owns tokens `offsets[s] ..< offsets[s + 1]`.
  public var offsets: [Int32] = [0]

  /// No sequences.
  public init() {}

  /// Appends a sequence whose first position is `firstPosition`.
  public mutating func append(_ sequence: [Int32], types: [Int32]? = nil, firstPosition: Int32) {
    ids += sequence
    positions += (0..<Int32(sequence.count)).map { $0 + firstPosition }
    self.types += types ?? [Int32](repeating: 0, count: sequence.count)
    offsets.append(Int32(ids.count))
  }

  /// All tokens.
  public var count: Int { ids.count }
}

/// The tokens of packed sequences whose last state is wanted: rows in ascending order, and where each sequence's begin.
struct TokenSelection {
  let rows: [Int]
  let offsets: [Int32]

  /// - Parameter rows: indices of tokens in any order, perhaps twice, -1 for none.
  init(_ rows: [Int], of tokens: PackedTokens) {
    let wanted = Set(rows.filter { $0 >= 0 }).sorted()
    self.rows = wanted
    var next = 0
    offsets =
      [0]
      + tokens.offsets.dropFirst().map { end in
        while next < wanted.count && wanted[next] < Int(end) { next += 1 }
        return Int32(next)
      }
  }

  /// The place of a token among ``rows``, for each of `tokens`; -1 stays -1.
  func places(of tokens: [Int]) -> [Int] {
    let place = Dictionary(uniqueKeysWithValues: zip(rows, rows.indices))
    return tokens.map { place[$0] ?? -1 }
  }
}

/// One pass over packed tokens: their layout and the keys of its dropout masks.
struct Pass {
  enum Site: Int { case embeddings, attention, projection, feedForward }

  let tokens: Int
  let offsets: [Int32]
  let precision: Precision
  let training: Bool
  let hiddenDropout: Float, attentionDropout: Float
  private let random: RandomStream

  /// A pass that will be propagated back.
  init(
    training packed: PackedTokens, precision: Precision, hiddenDropout: Float, attentionDropout: Float, random: RandomStream
  ) {
    (tokens, offsets, self.precision, training) = (packed.count, packed.offsets, precision, true)
    (self.hiddenDropout, self.attentionDropout, self.random) = (hiddenDropout, attentionDropout, random)
  }

  /// A pass without dropout and without a way back.
  init(inferring packed: PackedTokens, precision: Precision) {
    (tokens, offsets, self.precision, training) = (packed.count, packed.offsets, precision, false)
    (hiddenDropout, attentionDropout, random) = (0, 0, RandomStream(seed: 0, "inference"))
  }

  func key(_ layer: Int, _ site: Site) -> UInt64 { random.stream(layer).stream(site.rawValue).key }
}
