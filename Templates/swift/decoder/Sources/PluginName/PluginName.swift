import Glibc
import PluginAPI

/// What YAML may say under `options:`. Each stored property is described once in `fields`, which checks what the user writes, fills
/// in defaults, and is what `calm plugin info` shows.
struct PluginNameOptions: PluginOptions {
  var deviation: Double

  static let fields = [
    OptionField.optional("deviation", .number, default: "0.02", in: 0...1, help: "standard deviation of the initial weights")
  ]
}

let manifest = Manifest(
  id: "plugin-name", kind: .decoder, version: "0.1.0", licence: "Apache-2.0",
  summary: "a linear layer and a softmax: every word's tag by itself")

/// The one symbol that the host looks for: `calm_plugin_` and the module's name.
@c(calm_plugin_PluginName)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: PluginNameOptions.self) { options, shape, services in
      PluginName(width: shape.width, tags: shape.tags.count, deviation: options.deviation, seed: services.seed)
    }
  }
}

/// Tags are independent of each other, so log Z of a sentence is the sum of its words' log-sum-exps of scores, and the gold score
/// the sum of the gold tags' scores.
final class PluginName: Decoder {
  private let weight: Parameter  // [tags, width]
  private let bias: Parameter  // [tags]
  private let width: Int, tags: Int

  init(width: Int, tags: Int, deviation: Double, seed: UInt64) {
    (self.width, self.tags) = (width, tags)
    let initial = Tensor(zeros: [tags, width])
    var random = RandomStream(seed: seed, "plugin-name")
    for i in 0..<initial.count { initial.data[i] = Float(deviation * random.normal()) }
    weight = Parameter("classifier.weight", group: "classifier", value: initial)
    bias = Parameter("classifier.bias", group: "classifier", value: Tensor(zeros: [tags]))
  }

  var parameters: [Parameter] { [weight, bias] }

  func decode(_ words: WordVectors, gold: [[Int]]?, mode: Mode) throws -> Forward<Posterior, PosteriorCotangent, Tensor> {
    let scores = scores(words), count = words.tensor.shape[0]
    let logP = Tensor(zeros: [count, tags]), p = Tensor(zeros: [count, tags])
    var logPartition = [Double](repeating: 0, count: words.sentences)
    for s in 0..<words.sentences {
      for word in words.rows(of: s) {
        let row = UnsafeBufferPointer(start: scores.data + word * tags, count: tags)
        let largest = Double(row.max() ?? 0)
        let logSum = largest + log(row.reduce(0) { $0 + exp(Double($1) - largest) })
        logPartition[s] += logSum
        for tag in 0..<tags {
          logP.data[word * tags + tag] = Float(Double(row[tag]) - logSum)
          p.data[word * tags + tag] = Float(exp(Double(row[tag]) - logSum))
        }
      }
    }
    let goldTags = gold.map { $0.flatMap { $0 } }
    let goldScore = gold.map { gold in
      gold.indices.map { s in
        zip(words.rows(of: s), gold[s]).reduce(0.0) { $0 + Double(scores.data[$1.0 * tags + $1.1]) }
      }
    }
    let posterior = Posterior(logPartition: logPartition, goldScore: goldScore, tokenScores: logP, marginals: p)
    return Forward(posterior) { d in self.backward(d, words: words, gold: goldTags, p: p) }
  }

  func bestPaths(_ words: WordVectors) throws -> [[Int]] {
    let scores = scores(words)
    return (0..<words.sentences).map { s in
      words.rows(of: s).map { word in (0..<tags).max { scores.data[word * tags + $0] < scores.data[word * tags + $1] } ?? 0 }
    }
  }

  /// words · weightᵀ + bias, [words, tags]
  private func scores(_ words: WordVectors) -> Tensor {
    let scores = Tensor(zeros: [words.tensor.shape[0], tags])
    Kernels.linear(scores.data, words.tensor.data, weight: weight.value, bias: bias.value, rows: words.tensor.shape[0])
    return scores
  }

  /// Adds to the parameters' gradients and gives that of the word vectors, [words, width].
  private func backward(_ d: PosteriorCotangent, words: WordVectors, gold: [Int]?, p: Tensor) -> Tensor {
    let count = words.tensor.shape[0]
    let dScores = Tensor(zeros: [count, tags]), dWords = Tensor(zeros: [count, width])
    for s in 0..<words.sentences {
      for word in words.rows(of: s) {
        let at = word * tags, probabilities = p.data + at, out = dScores.data + at
        let dLogP = d.tokenScores.map { $0.data + at }, dP = d.marginals.map { $0.data + at }
        let sum = (0..<tags).reduce(Float(0)) { $0 + (dLogP?[$1] ?? 0) }
        let mean = (0..<tags).reduce(Float(0)) { $0 + probabilities[$1] * (dP?[$1] ?? 0) }
        for tag in 0..<tags {
          out[tag] += probabilities[tag] * Float(d.logPartition?[s] ?? 0)
          out[tag] += (dLogP?[tag] ?? 0) - probabilities[tag] * sum
          out[tag] += probabilities[tag] * ((dP?[tag] ?? 0) - mean)
        }
        if let gold, let dGold = d.goldScore { out[gold[word]] += Float(dGold[s]) }
      }
    }
    Kernels.linearBackward(
      dWords.data, dweight: weight.gradient, dbias: bias.gradient, dy: dScores.data, x: words.tensor.data, weight: weight.value,
      rows: count)
    return dWords
  }
}
