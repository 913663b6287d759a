import PluginAPI

/// A step's sentences in parts whose activations fit: at least `section.accumulation` of them where there are as many
/// sentences, and none with more sub-tokens than `section.microBatchTokens` unless it is one sentence.
func microBatches(_ examples: [Example], section: TrainingSection, tokens: (Example) -> Int) -> [[Example]] {
  let size = (examples.count + section.accumulation - 1) / section.accumulation
  var parts: [[Example]] = []
  for from in stride(from: 0, to: examples.count, by: max(1, size)) {
    var part: [Example] = [], sum = 0
    for example in examples[from..<min(from + size, examples.count)] {
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
  /// The sub-tokens of a sentence with its context, before anything is cut; words where the encoder does not tell.
  func tokens(of example: Example) -> Int {
    let words = example.words + example.context
    guard let encoder = encoder as? any TokenEncoder, let pieces = try? encoder.tokenize(words: words) else {
      return words.count
    }
    return pieces.ids.count
  }
}
