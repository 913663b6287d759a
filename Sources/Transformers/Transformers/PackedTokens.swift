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

/// One pass over packed tokens: their layout and the keys of its dropout masks.
struct Pass {
  enum Site: Int { case embeddings, attention, projection, feedForward }

  let tokens: Int
  let offsets: [Int32]
  let hiddenDropout: Float, attentionDropout: Float
  private let random: RandomStream

  init(_ packed: PackedTokens, hiddenDropout: Float, attentionDropout: Float, random: RandomStream) {
    tokens = packed.count
    offsets = packed.offsets
    self.hiddenDropout = hiddenDropout
    self.attentionDropout = attentionDropout
    self.random = random
  }

  func key(_ layer: Int, _ site: Site) -> UInt64 { random.stream(layer).stream(site.rawValue).key }
}
