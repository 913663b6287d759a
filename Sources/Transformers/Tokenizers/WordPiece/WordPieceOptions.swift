/// The settings of BERT's basic tokenizer.
public struct WordPieceOptions: Sendable, Equatable {
  /// Lower-cases (`do_lower_case`).
  public let lowercases: Bool
  /// Decomposes and removes nonspacing marks (`strip_accents`).
  public let stripsAccents: Bool
  /// Makes each CJK ideograph a word (`tokenize_chinese_chars`).
  public let spacesIdeographs: Bool

  /// `stripsAccents` nil: as `lowercases`, which is what BERT does.
  public init(lowercases: Bool, stripsAccents: Bool? = nil, spacesIdeographs: Bool = true) {
    self.lowercases = lowercases
    self.stripsAccents = stripsAccents ?? lowercases
    self.spacesIdeographs = spacesIdeographs
  }
}
