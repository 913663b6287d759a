public import PluginAPI

/// Options of the CRF.
struct CRFOptions: PluginOptions {
  var initial: Float

  static let fields = [
    OptionField.optional(
      "initial", .number, default: "0.1", in: 0...1, help: "transitions start uniform in plus or minus this much")
  ]
}

let manifest = Manifest(
  id: "crf", kind: .decoder, version: "1.0.0", licence: "Apache-2.0",
  summary: "linear classifier and linear-chain CRF: exact partition function, marginals and Viterbi path")

/// The entry point.
@c(calm_plugin_CRF)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: CRFOptions.self) { options, shape, services in
      try CRF(width: shape.width, tags: shape.tags.count, initial: options.initial, seed: services.seed)
    }
  }
}

/// A linear layer and a linear-chain CRF (Lafferty et al. 2001) with start and end scores, as pytorch-crf has them.
final class CRF: Decoder {
  let tags: Int
  /// `classifier.weight` [tags, width], `classifier.bias` [tags].
  let weight: Parameter, bias: Parameter
  /// `crf.transitions` [tags, tags] from row to column, `crf.start` and `crf.end` [tags].
  let transitions: Parameter, start: Parameter, end: Parameter

  /// A CRF with weights drawn from `seed`: the classifier as PyTorch's Linear, transitions uniform in ±`initial`.
  init(width: Int, tags: Int, initial: Float, seed: UInt64) throws {
    guard width > 0, tags > 0 else { throw PluginError("a CRF needs a width and tags, not \(width) and \(tags)") }
    self.tags = tags
    func parameter(_ name: String, group: String, _ shape: [Int], within bound: Float) -> Parameter {
      let value = Tensor(zeros: shape)
      var random = RandomStream(seed: seed, "crf.initial." + name)
      for i in 0..<value.count { value.data[i] = Float(2 * random.uniform() - 1) * bound }
      return Parameter(name, group: group, value: value)
    }
    let bound = 1 / Float(width).squareRoot()
    weight = parameter("classifier.weight", group: "classifier", [tags, width], within: bound)
    bias = parameter("classifier.bias", group: "classifier", [tags], within: bound)
    transitions = parameter("crf.transitions", group: "crf", [tags, tags], within: initial)
    start = parameter("crf.start", group: "crf", [tags], within: initial)
    end = parameter("crf.end", group: "crf", [tags], within: initial)
  }

  var parameters: [Parameter] { [weight, bias, transitions, start, end] }

  func decode(
    _ words: WordVectors, gold: [[Int]]?, mode: Mode
  ) throws -> Forward<Posterior, PosteriorCotangent, Tensor> {
    let emissions = try self.emissions(words)
    let chain = try Chain(self)
    let pass = try chain.forward(emissions, words.offsets, gold: gold)
    return Forward(pass.posterior) { [self] dposterior in
      let demissions = try chain.backward(pass, dposterior, into: self)
      let dwords = Tensor(zeros: words.tensor.shape)
      Kernels.linearBackward(
        dwords.data, dweight: weight.gradient, dbias: bias.gradient, dy: demissions.data, x: words.tensor.data,
        weight: weight.value, rows: words.tensor.shape[0])
      return dwords
    }
  }

  func bestPaths(_ words: WordVectors) throws -> [[Int]] {
    try Chain(self).bestPaths(emissions(words), words.offsets)
  }

  /// [words, tags]
  private func emissions(_ words: WordVectors) throws -> Tensor {
    let width = weight.value.shape[1], offsets = words.offsets, shape = [offsets.last ?? 0, width]
    guard offsets.first == 0, zip(offsets, offsets.dropFirst()).allSatisfy(<=), words.tensor.shape == shape else {
      throw PluginError(
        "word vectors of shape \(words.tensor.shape) and sentences at \(offsets.prefix(8)): a CRF of width \(width) needs"
          + " \(shape) and ascending places from 0")
    }
    let rows = shape[0]
    let emissions = Tensor(zeros: [rows, tags])
    Kernels.linear(emissions.data, words.tensor.data, weight: weight.value, bias: bias.value, rows: rows)
    return emissions
  }
}
