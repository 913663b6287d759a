/// Two texts as one sequence of ids.
public struct PairEncoding: Sendable, Equatable {
  /// Ids with special tokens.
  public let ids: [Int32]
  /// Token type of each id.
  public let typeIDs: [Int32]

  /// An encoding of the given ids and types.
  public init(ids: [Int32], typeIDs: [Int32]) {
    self.ids = ids
    self.typeIDs = typeIDs
  }
}

/// Which text of a pair loses pieces, always at its end, when the pair is too long.
public enum Truncation: Sendable, Equatable {
  /// The longer text is cut to the length of the shorter, then both equally; at an odd length the one that was longer keeps
  /// one more, the second where both were equal.
  case longestFirst
  /// Only the first text; an error where it has too few pieces.
  case onlyFirst
  /// Only the second text; an error where it has too few pieces.
  case onlySecond

  static func room(maxLength: Int, specials: Int) throws(TokenizerError) -> Int {
    guard maxLength >= specials else {
      throw TokenizerError(
        problem: "a maximum length of \(maxLength) has no room for the \(specials) special tokens",
        remedy: "use a maximum length of at least \(specials)")
    }
    return maxLength - specials
  }

  /// How many pieces of two texts are kept when there is room for `room`.
  func lengths(_ first: Int, _ second: Int, room: Int) throws(TokenizerError) -> (first: Int, second: Int) {
    let excess = first + second - room
    if excess <= 0 { return (first, second) }
    if room == 0 { return (0, 0) }
    switch self {
    case .longestFirst:
      let shorter = min(first, second)
      var (short, long) = (shorter, max(shorter, room - shorter))
      if short + long > room { (short, long) = (room / 2, room - room / 2) }
      return first > second ? (long, short) : (short, long)
    case .onlyFirst:
      return (try Self.shorten(first, by: excess, "first"), second)
    case .onlySecond:
      return (first, try Self.shorten(second, by: excess, "second"))
    }
  }

  // Where there is room at all, a text is not cut to nothing: the reference refuses it as well.
  private static func shorten(_ length: Int, by excess: Int, _ name: String) throws(TokenizerError) -> Int {
    guard length > excess else {
      throw TokenizerError(
        problem: "the pair is \(excess) tokens too long and its \(name) text has only \(length)",
        remedy: "raise the maximum length or truncate the other text too (longestFirst)")
    }
    return length - excess
  }
}

extension Tokenizer {
  /// Ids and token types of two texts in one sequence, never truncated. An empty second text counts as none: the sequence
  /// is that of a single text.
  public func encode(_ first: String, pair second: String) -> PairEncoding {
    assemble(ids(of: first)[...], second.isEmpty ? nil : ids(of: second)[...])
  }

  /// Ids and token types of two texts in one sequence of at most `maxLength` ids. An empty second text counts as none.
  public func encode(
    _ first: String, pair second: String, maxLength: Int, truncation: Truncation
  ) throws(TokenizerError) -> PairEncoding {
    let (a, b) = (ids(of: first), ids(of: second))
    let separators = second.isEmpty ? 0 : template.separator.count
    let specials = template.prefix.count + separators + template.suffix.count
    let room = try Truncation.room(maxLength: maxLength, specials: specials)
    let kept = try truncation.lengths(a.count, b.count, room: room)
    return assemble(a.prefix(kept.first), second.isEmpty ? nil : b.prefix(kept.second))
  }

  private func assemble(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>?) -> PairEncoding {
    guard let second else {
      let ids = template.prefix + first + template.suffix
      return PairEncoding(ids: ids, typeIDs: Array(repeating: 0, count: ids.count))
    }
    let head = template.prefix + first + template.separator
    let tail = second + template.suffix
    return PairEncoding(
      ids: head + tail,
      typeIDs: Array(repeating: 0, count: head.count) + Array(repeating: template.secondTypeID, count: tail.count))
  }
}
