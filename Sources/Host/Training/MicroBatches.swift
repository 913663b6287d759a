import PluginAPI

/// A step's sentences in parts whose activations fit: at least `section.accumulation` of them where there are as many
/// sentences, and none with more sub-tokens than `section.microBatchTokens` unless it is one sentence.
func microBatches(_ examples: [Example], section: TrainingSection, tokens: (Example) -> Int) -> [[Example]] {
  let least = min(section.accumulation, examples.count)
  var parts: [[Example]] = []
  for i in 0..<least {
    var part: [Example] = [], sum = 0
    for example in examples[(i * examples.count + least - 1) / least..<((i + 1) * examples.count + least - 1) / least] {
      let count = tokens(example)
      if !part.isEmpty && sum + count > section.microBatchTokens {
        parts.append(part)
        (part, sum) = ([], 0)
      }
      part.append(example)
      sum += count
    }
    if !part.isEmpty { parts.append(part) }
  }
  return parts
}

extension Tagger {
  /// The sub-tokens that are read of a sentence at a time, with its context where one of the views is augmented; words where
  /// the encoder does not tell.
  func tokens(of example: Example, views: [View]) -> Int {
    let words = views.contains(.augmented) ? example.words + example.context : example.words
    guard let encoder = encoder as? any TokenEncoder, let count = try? encoder.tokenize(words: words).ids.count else {
      return words.count
    }
    guard count > encoder.longestSequence, words.count > example.words.count else { return count }
    // The context is cut, the sentence never is.
    return max(encoder.longestSequence, tokens(of: example, views: [.plain]))
  }
}
