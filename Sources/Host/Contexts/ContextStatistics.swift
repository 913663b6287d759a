import PluginAPI

/// How many contexts are of each class.
struct ClassCounts: Encodable, Equatable {
  var empty = 0, denied = 0, fail = 0, correct = 0
  var total: Int { empty + denied + fail + correct }

  init(_ texts: some Sequence<String>, failBelow: Int) {
    for text in texts {
      switch ContextClass(encoderText(text), failBelow: failBelow) {
      case .empty: empty += 1
      case .denied: denied += 1
      case .fail: fail += 1
      case .correct: correct += 1
      }
    }
  }
}

/// What a set of contexts looks like: classes as in the paper's Table 6, lengths, and what their making took.
struct ContextStatistics: Encodable {
  /// Shares of 1.
  struct Shares: Encodable {
    var empty: Double, denied: Double, fail: Double, correct: Double

    init(_ counts: ClassCounts) {
      func share(_ count: Int) -> Double { counts.total > 0 ? Double(count) / Double(counts.total) : 0 }
      (empty, denied, fail, correct) = (share(counts.empty), share(counts.denied), share(counts.fail), share(counts.correct))
    }
  }
  struct Bin: Encodable {
    var from: Int, to: Int, count: Int
  }
  struct Mentions: Encodable {
    var entities: Int, mentioned: Int, share: Double
  }

  var name: String
  var empty: Int, denied: Int, fail: Int, correct: Int, total: Int
  /// Records that hold a place for a context that was not asked for yet.
  var missing: Int
  var failBelow: Int
  var shares: Shares
  /// The classes with the threshold of the paper's text.
  var at15: ClassCounts
  /// Words between white space; a context that is empty has none.
  var meanWords: Double
  /// The lengths that so many per cent of the contexts do not exceed.
  var wordQuantiles: [String: Int]
  /// Lengths in steps of 50 words.
  var wordHistogram: [Bin]
  /// Different words in all contexts together.
  var distinctWords: Int
  var tokens: Int?, meanTokens: Double?
  /// Time of generation, where it is known.
  var seconds: Double?
  /// Entities of the gold tags whose words stand in the sentence's context.
  var goldMentions: Mentions?
  /// BERTScore F1 against the sentence; an empty context counts 0.
  var meanBERTScore: Double?

  init(
    _ sets: [ContextSet], name: String, failBelow: Int, gold: GoldEntities? = nil, bertScores: [Double]? = nil
  ) throws {
    self.name = name
    self.failBelow = failBelow
    let items = sets.flatMap(\.items)
    let contexts = items.compactMap(\.context)
    let counts = ClassCounts(contexts.map(\.text), failBelow: failBelow)
    (empty, denied, fail, correct, total) = (counts.empty, counts.denied, counts.fail, counts.correct, counts.total)
    missing = items.count - contexts.count
    shares = Shares(counts)
    at15 = ClassCounts(contexts.map(\.text), failBelow: 15)

    var vocabulary: Set<[UInt8]> = []
    var lengths: [Int] = []
    for context in contexts {
      let words = contextWords(context.text, punctuationApart: false)
      for word in words { vocabulary.insert(Array(word.utf8)) }
      lengths.append(words.count)
    }
    lengths.sort()
    distinctWords = vocabulary.count
    meanWords = lengths.isEmpty ? 0 : Double(lengths.reduce(0, +)) / Double(lengths.count)
    wordQuantiles = Dictionary(
      uniqueKeysWithValues: [5, 25, 50, 75, 95, 100].map { ("p\($0)", Self.quantile(lengths, $0)) })
    wordHistogram = Dictionary(grouping: lengths) { $0 / 50 }.sorted { $0.key < $1.key }
      .map { Bin(from: $0.key * 50, to: $0.key * 50 + 49, count: $0.value.count) }

    let counted = contexts.compactMap(\.tokens)
    if !counted.isEmpty {
      let sum = counted.reduce(0, +)
      (tokens, meanTokens) = (sum, Double(sum) / Double(counted.count))
    }
    let times = contexts.compactMap(\.milliseconds)
    if !times.isEmpty { seconds = Double(times.reduce(0, +)) / 1000 }
    goldMentions = try gold?.mentions(in: sets)
    meanBERTScore = bertScores.map { $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count) }
  }

  /// The least length that `percent` of the contexts do not exceed.
  private static func quantile(_ sorted: [Int], _ percent: Int) -> Int {
    guard !sorted.isEmpty else { return 0 }
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
  }
}
