internal import CLinearChain
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// The transitions of one moment and the batch's sequences over them.
struct Chain {
  private let tags: Int
  private let transitions: Tensor, start: Tensor, end: Tensor
  private let weights: [Double]  // exp(transitions)

  init(_ crf: CRF) {
    tags = crf.tags
    // Copies: the optimiser may step between this pass and its pullback only by mistake, but then nothing breaks.
    transitions = crf.transitions.value.copy()
    start = crf.start.value.copy()
    end = crf.end.value.copy()
    weights = transitions.values.map { exp(Double($0)) }
  }

  /// What the pullback needs.
  struct Pass {
    let emissions: Tensor  // [words, tags]
    let offsets: [Int]
    let gold: [[Int]]?
    let alpha: [Double], beta: [Double]  // [words, tags]
    let posterior: Posterior
  }

  private func withChain<R>(_ body: (UnsafePointer<linear_chain>) -> R) -> R {
    weights.withUnsafeBufferPointer { weights in
      var chain = linear_chain(
        tags: Int32(tags), transitions: transitions.data, start: start.data, end: end.data, weights: weights.baseAddress)
      return body(&chain)
    }
  }

  func forwardBackward(_ emissions: Tensor, _ offsets: [Int], gold: [[Int]]?) throws -> Pass {
    let rows = emissions.shape[0], sentences = offsets.count - 1
    if let gold {
      guard gold.count == sentences else { throw PluginError("\(gold.count) gold sequences for \(sentences) sentences") }
      for s in 0..<sentences {
        guard gold[s].count == offsets[s + 1] - offsets[s], gold[s].allSatisfy({ $0 >= 0 && $0 < tags }) else {
          throw PluginError("the gold tags of sentence \(s) do not fit its words or the \(tags) tags")
        }
      }
    }
    var alpha = [Double](repeating: 0, count: rows * tags), beta = alpha
    var logZ = [Double](repeating: 0, count: sentences), goldScore = logZ
    withChain { chain in
      for s in 0..<sentences where offsets[s + 1] > offsets[s] {
        let at = offsets[s] * tags, length = offsets[s + 1] - offsets[s]
        alpha.withUnsafeMutableBufferPointer { alpha in
          beta.withUnsafeMutableBufferPointer { beta in
            guard let a = alpha.baseAddress, let b = beta.baseAddress else { return }
            logZ[s] = linear_chain_forward_backward(chain, emissions.data + at, Int32(length), a + at, b + at)
          }
        }
        if let gold {
          goldScore[s] = linear_chain_path_score(chain, emissions.data + at, Int32(length), gold[s].map(Int32.init))
        }
      }
    }
    let scores = Tensor(zeros: [rows, tags]), marginals = Tensor(zeros: [rows, tags])
    for s in 0..<sentences {
      for i in offsets[s] * tags..<offsets[s + 1] * tags {
        let score = alpha[i] + beta[i]
        scores.data[i] = Float(score - logZ[s])
        marginals.data[i] = Float(exp(score - logZ[s]))
      }
    }
    let posterior = Posterior(
      logPartition: logZ, goldScore: gold == nil ? nil : goldScore, tokenScores: scores, marginals: marginals)
    return Pass(emissions: emissions, offsets: offsets, gold: gold, alpha: alpha, beta: beta, posterior: posterior)
  }

  /// The adjoint: demissions [words, tags] and the transitions' gradients.
  func backward(_ pass: Pass, _ d: PosteriorCotangent, demissions: Tensor, into crf: CRF) {
    let sentences = pass.offsets.count - 1
    var dtransitions = [Double](repeating: 0, count: tags * tags)
    var dstart = [Double](repeating: 0, count: tags), dend = dstart
    let logZ = pass.posterior.logPartition ?? []
    withChain { chain in
      dtransitions.withUnsafeMutableBufferPointer { dtransitions in
        dstart.withUnsafeMutableBufferPointer { dstart in
          dend.withUnsafeMutableBufferPointer { dend in
            var gradient = linear_chain_gradient(
              transitions: dtransitions.baseAddress, start: dstart.baseAddress, end: dend.baseAddress)
            for s in 0..<sentences where pass.offsets[s + 1] > pass.offsets[s] {
              let range = pass.offsets[s] * tags..<pass.offsets[s + 1] * tags
              let length = Int32(pass.offsets[s + 1] - pass.offsets[s])
              let (dscores, fromMarginals) = tokenGradient(pass, d, range, logZ: logZ[s])
              let dlogZ = (d.logPartition?[s] ?? 0) + fromMarginals
              pass.alpha.withUnsafeBufferPointer { alpha in
                pass.beta.withUnsafeBufferPointer { beta in
                  guard let a = alpha.baseAddress, let b = beta.baseAddress else { return }
                  linear_chain_backward(
                    chain, pass.emissions.data + range.lowerBound, length, a + range.lowerBound, b + range.lowerBound,
                    logZ[s], dscores, dlogZ, demissions.data + range.lowerBound, &gradient)
                }
              }
              if let dgold = d.goldScore?[s], let gold = pass.gold {
                linear_chain_path_score_backward(
                  chain, length, gold[s].map(Int32.init), dgold, demissions.data + range.lowerBound, &gradient)
              }
            }
          }
        }
      }
    }
    for i in 0..<tags * tags { crf.transitions.gradient.data[i] += Float(dtransitions[i]) }
    for i in 0..<tags {
      crf.start.gradient.data[i] += Float(dstart[i])
      crf.end.gradient.data[i] += Float(dend[i])
    }
  }

  /// The gradient of α + β of one sentence (nil: zero), and what token scores and marginals add to the gradient of log Z:
  /// score = α + β − log Z, marginal = exp(score).
  private func tokenGradient(
    _ pass: Pass, _ d: PosteriorCotangent, _ range: Range<Int>, logZ: Double
  ) -> ([Double]?, Double) {
    guard d.tokenScores != nil || d.marginals != nil else { return (nil, 0) }
    var dlogZ = 0.0
    let dscores = range.map { i -> Double in
      var value = d.tokenScores.map { Double($0.data[i]) } ?? 0
      if let dmarginals = d.marginals { value += Double(dmarginals.data[i]) * exp(pass.alpha[i] + pass.beta[i] - logZ) }
      dlogZ -= value
      return value
    }
    return (dscores, dlogZ)
  }

  func viterbi(_ emissions: Tensor, _ offsets: [Int]) -> [[Int]] {
    withChain { chain in
      (0..<offsets.count - 1).map { s in
        let length = offsets[s + 1] - offsets[s]
        guard length > 0 else { return [] }
        var path = [Int32](repeating: 0, count: length)
        _ = linear_chain_viterbi(chain, emissions.data + offsets[s] * tags, Int32(length), &path)
        return path.map(Int.init)
      }
    }
  }
}
