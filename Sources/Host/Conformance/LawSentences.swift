import PluginAPI

/// Sentences to try laws on: ordinary ones drawn from a seed, and odd ones as real files hold them.
struct LawSentences {
  private var random: RandomStream

  init(seed: UInt64) { random = RandomStream(seed: seed, "laws.sentences") }

  /// Sentences of known and made-up words.
  mutating func ordinary(_ count: Int, words: ClosedRange<Int> = 1...7) -> [[String]] {
    (0..<count).map { _ in (0..<Int.random(in: words, using: &random)).map { _ in word() } }
  }

  private mutating func word() -> String {
    if random.uniform() < 0.7 { return Self.known[Int.random(in: Self.known.indices, using: &random)] }
    let letters = "abcdefghijklmnopqrstuvwxyz", length = Int.random(in: 1...8, using: &random)
    return String((0..<length).map { _ in letters.randomElement(using: &random) ?? "a" })
  }

  private static let known = [
    "the", "a", "in", "of", "cells", "protein", "London", "IL-2", "p53", "visited", "was", "new", "York", "2019", "-", ".", ",",
    "(", "don't", "@user", "#tag", "https://t.co/x",
  ]

  /// No words, empty words, emoji with and without joiners, a variation selector on its own, scripts without spaces or from right
  /// to left, stacked marks, invisible characters, special tokens written out, an endless word.
  static let odd: [[String]] = [
    [],
    ["", "word", ""],
    ["\u{1F642}", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{1F1EB}\u{1F1F7}", "\u{1F44D}\u{1F3FD}"],
    ["\u{FE0F}"],
    ["heart", "\u{2764}\u{FE0F}", "\u{FE0F}", "\u{200D}", "\u{200B}", "\u{FEFF}", "\u{AD}", "\u{A0}"],
    ["\u{81EA}\u{7136}\u{8A00}\u{8A9E}\u{51E6}\u{7406}", "\u{4E2D}\u{6587}", "\u{D55C}\u{AD6D}\u{C5B4}", "\u{20000}"],
    [
      "\u{645}\u{631}\u{62D}\u{628}\u{627}", "\u{202E}\u{5E9}\u{5DC}\u{5D5}\u{5DD}",
      "\u{928}\u{92E}\u{938}\u{94D}\u{924}\u{947}",
    ],
    ["e\u{301}\u{301}\u{323}\u{325}\u{330}", "\u{212B}", "\u{FB01}", "\u{DF}", "\u{130}"],
    ["[CLS]", "[SEP]", "<s>", "</s>", "<pad>", "##x", "\u{2581}"],
    ["before", String(repeating: "a", count: 300), "after"],
    ["\u{0}", "\u{7F}", "\u{FFFD}", "\u{10FFFF}"],
  ]

  /// Longer than any model reads at once.
  static let veryLong = (0..<700).map { $0 % 5 == 0 ? "unforgettable" : "w\($0)" }

  /// A view of sentences; in the augmented view each has `context` words behind it.
  mutating func batch(_ sentences: [[String]], view: View, context: Int = 6) -> ViewBatch {
    ViewBatch(
      view: view,
      sentences: sentences.enumerated().map { id, words in
        ViewSentence(id: id, words: words, context: view == .plain ? [] : ordinary(1, words: context...context)[0])
      })
  }

  /// Sentences of any characters at all: control and invisible ones, unpaired marks, scripts mixed within a word, words of no
  /// length or of hundreds of characters.
  static func fuzzed(_ count: Int, seed: UInt64) -> [[String]] {
    var random = RandomStream(seed: seed, "laws.fuzz.sentences")
    func length(_ usual: Int, _ long: Int) -> Int {
      random.uniform() < 0.05 ? Int.random(in: 0...long, using: &random) : Int.random(in: 0...usual, using: &random)
    }
    return (0..<count).map { _ in
      (0..<length(9, 150)).map { _ in
        String(String.UnicodeScalarView((0..<length(9, 300)).map { _ in scalar(&random) }))
      }
    }
  }

  private static func scalar(_ random: inout RandomStream) -> Unicode.Scalar {
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x61...0x7A, 0x0...0x1F, 0x7F...0x2FF, 0x300...0x36F, 0x370...0x1FFF, 0x2000...0x206F, 0x3000...0x9FFF,
      0xAC00...0xD7A3, 0xE000...0xFFFF, 0x1F300...0x1FAFF, 0x20000...0x10FFFF,
    ]
    let range = ranges[Int.random(in: ranges.indices, using: &random)]
    return Unicode.Scalar(UInt32.random(in: range, using: &random)) ?? "\u{FFFD}"
  }

  /// Requests for the contexts of a split that holds just these sentences.
  static func requests(
    _ sentences: [[String]], split: String = "text", prompts: Bool = false, seed: UInt64 = 1
  ) -> [ContextRequest] {
    let stream = RandomStream(seed: seed, "laws.requests")
    return sentences.enumerated().map { i, words in
      ContextRequest(
        index: i, words: words, split: split, position: i, splitCount: sentences.count,
        prompt: prompts ? "Describe: " + words.joined(separator: " ") : nil, random: stream.stream(i))
    }
  }
}
