/// Turns text into the token ids of a pretrained model, and back. Ids are those of the model's Hugging Face fast tokenizer.
///
/// A conforming type supplies `appendPieces`, `decode` and the constants; the rest follows from them.
public protocol Tokenizer: Sendable {
  /// Ids of the special tokens.
  var specialTokens: SpecialTokenIDs { get }
  /// Which special tokens surround a text and a pair of texts.
  var template: SequenceTemplate { get }
  /// Number of ids: every id is below it.
  var vocabularySize: Int { get }

  /// Appends the ids of `text` without surrounding special tokens. Special tokens written literally in the text become
  /// the special token.
  func appendPieces(of text: String, to ids: inout [Int32])

  /// Ids of a text with special tokens around it, never truncated.
  func encode(_ text: String) -> [Int32]

  /// Ids of a text that is split into words, with special tokens around it, and for each id the index of its word, -1 for
  /// the surrounding special tokens. A word may have no ids at all.
  func encode(words: [String]) -> (ids: [Int32], wordIDs: [Int32])

  /// Ids of one word of a text that is split into words, without special tokens; may be empty.
  func pieces(of word: String) -> [Int32]

  /// Text of a sequence of ids. Ids outside of the vocabulary are left out.
  func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String
}

/// Ids of the special tokens of a vocabulary.
public struct SpecialTokenIDs: Sendable, Equatable {
  /// Begins every sequence.
  public let cls: Int32
  /// Ends every sequence and separates the two texts of a pair.
  public let sep: Int32
  /// Fills a batch.
  public let pad: Int32
  /// Stands for what the vocabulary cannot express.
  public let unk: Int32
  /// Stands for a hidden token; nil where the vocabulary has none.
  public let mask: Int32?

  /// The ids of one vocabulary.
  public init(cls: Int32, sep: Int32, pad: Int32, unk: Int32, mask: Int32?) {
    self.cls = cls
    self.sep = sep
    self.pad = pad
    self.unk = unk
    self.mask = mask
  }
}

/// The special tokens around a text, and between the two texts of a pair.
public struct SequenceTemplate: Sendable, Equatable {
  /// Before the (first) text.
  public let prefix: [Int32]
  /// Between two texts; belongs to the first.
  public let separator: [Int32]
  /// After the (last) text.
  public let suffix: [Int32]
  /// Token type of the second text and of the suffix of a pair; everything else has type 0.
  public let secondTypeID: Int32

  /// A template of the given parts.
  public init(prefix: [Int32], separator: [Int32], suffix: [Int32], secondTypeID: Int32) {
    self.prefix = prefix
    self.separator = separator
    self.suffix = suffix
    self.secondTypeID = secondTypeID
  }
}

extension SequenceTemplate {
  /// Refuses ids that no piece has.
  func check(vocabularySize: Int, file: String?) throws(TokenizerError) {
    for id in prefix + separator + suffix where Int(id) >= vocabularySize {
      throw TokenizerError(
        file: file, problem: "the special token \(id) is not one of the \(vocabularySize) ids",
        remedy: "use the tokenizer's files of one model")
    }
  }
}

extension Tokenizer {
  /// Ids of a text with special tokens around it, never truncated.
  public func encode(_ text: String) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 4 + template.prefix.count + template.suffix.count)
    ids += template.prefix
    appendPieces(of: text, to: &ids)
    ids += template.suffix
    return ids
  }

  /// Ids of a text with special tokens around it, of which at most `maxLength` are kept: pieces are cut off at the end.
  public func encode(_ text: String, maxLength: Int) throws(TokenizerError) -> [Int32] {
    let specials = template.prefix.count + template.suffix.count
    let room = try Truncation.room(maxLength: maxLength, specials: specials)
    return template.prefix + ids(of: text).prefix(room) + template.suffix
  }

  /// Ids of a text that is split into words, and the index of the word for each id.
  public func encode(words: [String]) -> (ids: [Int32], wordIDs: [Int32]) {
    encode(words: words) { appendPieces(of: $0, to: &$1) }
  }

  @inline(__always)
  func encode(
    words: [String], appendPieces: (_ word: String, _ ids: inout [Int32]) -> Void
  ) -> (ids: [Int32], wordIDs: [Int32]) {
    var ids = template.prefix
    var wordIDs = [Int32](repeating: -1, count: ids.count)
    for (index, word) in words.enumerated() {
      appendPieces(word, &ids)
      wordIDs.append(contentsOf: repeatElement(Int32(index), count: ids.count - wordIDs.count))
    }
    ids += template.suffix
    wordIDs.append(contentsOf: repeatElement(-1, count: ids.count - wordIDs.count))
    return (ids, wordIDs)
  }

  /// Ids of one word, without special tokens; may be empty.
  public func pieces(of word: String) -> [Int32] { ids(of: word) }

  /// Ids of a text without special tokens around it.
  func ids(of text: String) -> [Int32] {
    var ids: [Int32] = []
    appendPieces(of: text, to: &ids)
    return ids
  }
}
