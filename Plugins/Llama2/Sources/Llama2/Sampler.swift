import CLlama
import PluginAPI

/// How the next token is chosen.
struct Sampling: Sendable, Equatable {
  /// Divides the logits; 0 takes the greatest.
  var temperature: Float = 0.6
  /// The least set of tokens of at least this probability is drawn from (nucleus sampling, Holtzman et al. 2020).
  var topP: Float = 0.9
  /// At most so many of the most probable tokens; 0: all.
  var topK = 0
  /// Divides the positive logits of tokens that were there before and multiplies the negative ones (Keskar et al. 2019); 1: nothing.
  var repetitionPenalty: Float = 1

  var isGreedy: Bool { temperature == 0 }
}

/// Draws the tokens of one sequence.
struct Sampler {
  let sampling: Sampling
  private var random: RandomStream
  /// Tokens that the penalty falls on: those of the prompt and of the text.
  private var seen: Set<Int32> = []

  init(_ sampling: Sampling, random: RandomStream, prompt: [Int32]) {
    self.sampling = sampling
    self.random = random
    if sampling.repetitionPenalty != 1 { seen = Set(prompt) }
  }

  /// The next token of `logits` [count], which are changed; nil where one of them is not a number or infinite.
  mutating func next(_ logits: UnsafeMutablePointer<Float>, count: Int) -> Int32? {
    if sampling.repetitionPenalty != 1 {
      for token in seen {
        let logit = logits[Int(token)]
        logits[Int(token)] = logit > 0 ? logit / sampling.repetitionPenalty : logit * sampling.repetitionPenalty
      }
    }
    var greatest: Int32 = 0, finite: Int32 = 0
    let max = calm_maximum(logits, Int32(count), &greatest, &finite)
    guard finite != 0 else { return nil }
    let token = sampling.isGreedy ? greatest : draw(logits, count: count, max: max)
    if sampling.repetitionPenalty != 1 { seen.insert(token) }
    return token
  }

  private mutating func draw(_ logits: UnsafeMutablePointer<Float>, count: Int, max: Float) -> Int32 {
    let sum = calm_softmax_weights(logits, logits, Int32(count), max, sampling.temperature)
    let point = random.uniform()
    guard sampling.topP < 1 || sampling.topK > 0 else { return pick(logits, 0..<count, point * sum) }
    // A token below the cut cannot be in the nucleus: all tokens below it together have less than 1 - topP. But `topK` tokens
    // there have to be, as far as there are so many: the nucleus is of their probability.
    let needed = Swift.min(count, Swift.max(1, sampling.topK))
    var cut = Float(sum) * (sampling.topP < 1 ? (1 - sampling.topP) / Float(Swift.max(1, count - 1)) : 1 / Float(count))
    var candidates: [(weight: Float, token: Int32)] = []
    while true {
      for token in 0..<count where logits[token] >= cut { candidates.append((logits[token], Int32(token))) }
      if candidates.count >= needed || cut == 0 { break }
      candidates.removeAll(keepingCapacity: true)
      cut = cut > 1e-30 ? cut / 64 : 0
    }
    candidates.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    if sampling.topK > 0, candidates.count > sampling.topK { candidates.removeLast(candidates.count - sampling.topK) }
    var mass = 0.0, kept = 0
    let whole = sampling.topK > 0 ? candidates.reduce(0) { $0 + Double($1.weight) } : sum
    let wanted = sampling.topP < 1 ? Double(sampling.topP) * whole : .infinity
    while kept < candidates.count, kept == 0 || mass < wanted {
      mass += Double(candidates[kept].weight)
      kept += 1
    }
    var left = point * mass
    for candidate in candidates[..<kept] {
      left -= Double(candidate.weight)
      if left < 0 { return candidate.token }
    }
    return candidates[kept - 1].token
  }

  private func pick(_ weights: UnsafePointer<Float>, _ range: Range<Int>, _ point: Double) -> Int32 {
    var left = point
    for token in range {
      left -= Double(weights[token])
      if left < 0 { return Int32(token) }
    }
    return Int32(range.upperBound - 1)
  }
}
