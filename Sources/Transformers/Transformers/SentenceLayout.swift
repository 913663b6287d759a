import PluginAPI
import Tokenizers

/// Where a model's inputs begin and how many there may be.
public struct SequenceLimits: Sendable {
  /// The longest sequence, special tokens included.
  public var tokens: Int
  /// The position of a sequence's first token: 0 for BERT, padding index + 1 for RoBERTa.
  public var firstPosition: Int32

  /// Limits.
  public init(tokens: Int, firstPosition: Int32) {
    self.tokens = tokens
    self.firstPosition = firstPosition
  }
}

/// A view batch as packed sequences, and the token that stands for each word.
///
/// A sequence is `[CLS] words [SEP] context [SEP]`; without a context the second separator is left out. The context is cut at
/// a word where the sequence would be too long. Words are never cut: a sentence longer than the model becomes windows that
/// overlap by half, and each word's vector is taken from the window in which it has most company on its shorter side.
public struct SentenceLayout: Sendable {
  /// The sequences.
  public private(set) var tokens = PackedTokens()
  /// The token (row of the hidden states) of each word's first piece, sentence after sentence; -1 for a word without pieces.
  public private(set) var wordRows: [Int] = []
  /// Sentence s owns words `wordOffsets[s] ..< wordOffsets[s + 1]`.
  public private(set) var wordOffsets = [0]
  /// What was cut.
  public private(set) var truncation = TruncationLedger()

  /// Lays out `batch`.
  public init(_ batch: ViewBatch, tokenizer: some Tokenizer, limits: SequenceLimits) {
    for sentence in batch.sentences {
      var pieces: [Int32] = []
      var first: [Int] = []  // index into pieces, or -1
      for word in sentence.words {
        let ids = tokenizer.pieces(of: word)
        first.append(ids.isEmpty ? -1 : pieces.count)
        pieces += ids
      }
      if pieces.count + 2 <= limits.tokens {
        appendWhole(sentence, pieces, first, tokenizer, limits)
      } else {
        appendWindows(sentence, pieces, first, tokenizer, limits)
      }
      wordOffsets.append(wordRows.count)
    }
  }

  private mutating func appendWhole(
    _ sentence: ViewSentence, _ pieces: [Int32], _ first: [Int], _ tokenizer: some Tokenizer, _ limits: SequenceLimits
  ) {
    let start = tokens.count
    var sequence = [tokenizer.specialTokens.cls] + pieces + [tokenizer.specialTokens.sep]
    var context: [Int32] = []
    for (i, word) in sentence.context.enumerated() {
      let ids = tokenizer.pieces(of: word)
      guard sequence.count + context.count + ids.count + 1 <= limits.tokens else {
        truncation.contextWords += sentence.context.count - i
        truncation.contextsCut += 1
        break
      }
      context += ids
    }
    if !context.isEmpty { sequence += context + [tokenizer.specialTokens.sep] }
    wordRows += first.map { $0 < 0 ? -1 : start + 1 + $0 }
    tokens.append(sequence, firstPosition: limits.firstPosition)
  }

  private mutating func appendWindows(
    _ sentence: ViewSentence, _ pieces: [Int32], _ first: [Int], _ tokenizer: some Tokenizer, _ limits: SequenceLimits
  ) {
    truncation.sentencesWindowed += 1
    if !sentence.context.isEmpty {
      truncation.contextWords += sentence.context.count
      truncation.contextsCut += 1
    }
    let size = limits.tokens - 2, stride = max(1, size / 2)
    var windows: [(range: Range<Int>, row: Int)] = []
    var from = 0
    while true {
      let range = from..<min(from + size, pieces.count)
      windows.append((range, tokens.count + 1))
      tokens.append(
        [tokenizer.specialTokens.cls] + pieces[range] + [tokenizer.specialTokens.sep], firstPosition: limits.firstPosition)
      if range.upperBound == pieces.count { break }
      from += stride
    }
    for piece in first {
      guard piece >= 0 else {
        wordRows.append(-1)
        continue
      }
      // The text's own edges are no loss of company.
      let best = windows.filter { $0.range.contains(piece) }.max { a, b in
        company(piece, a.range, pieces.count) < company(piece, b.range, pieces.count)
      }
      wordRows.append(best.map { $0.row + piece - $0.range.lowerBound } ?? -1)
    }
  }

  private func company(_ piece: Int, _ window: Range<Int>, _ count: Int) -> Int {
    let left = window.lowerBound == 0 ? Int.max : piece - window.lowerBound
    let right = window.upperBound == count ? Int.max : window.upperBound - 1 - piece
    return min(left, right)
  }
}
