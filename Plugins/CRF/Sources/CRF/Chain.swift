internal import CLinearChain
import PluginAPI

/// The transitions of one moment: a copy, since an optimiser may step between a pass and its pullback.
final class Chain {
  private let tags: Int
  private let handle: OpaquePointer

  init(_ crf: CRF) throws {
    tags = crf.tags
    guard
      let handle = linear_chain_create(
        Int32(tags), crf.transitions.value.data, crf.start.value.data, crf.end.value.data)
    else { throw PluginError("no memory for the transitions of \(tags) tags") }
    self.handle = handle
  }

  deinit { linear_chain_free(handle) }

  /// The posterior of a batch and what the pullback needs.
  final class Pass {
    let posterior: Posterior
    fileprivate let emissions: Tensor  // [words, tags]
    fileprivate let offsets: [Int]
    fileprivate let gold: [Int32]?  // [words]
    fileprivate let handle: OpaquePointer

    fileprivate init(_ posterior: Posterior, _ emissions: Tensor, _ offsets: [Int], _ gold: [Int32]?, _ handle: OpaquePointer) {
      (self.posterior, self.emissions, self.offsets, self.gold, self.handle) = (posterior, emissions, offsets, gold, handle)
    }

    deinit { linear_chain_pass_free(handle) }
  }

  /// `emissions` [words, tags]; sentence s has the words from offsets[s] to offsets[s + 1].
  func forward(_ emissions: Tensor, _ offsets: [Int], gold: [[Int]]?) throws -> Pass {
    let flat = try gold.map { try words(of: $0, offsets) }
    let sentences = offsets.count - 1
    var logPartition = [Double](repeating: 0, count: sentences), goldScore = logPartition
    let scores = Tensor(zeros: emissions.shape), marginals = Tensor(zeros: emissions.shape)
    let pass = logPartition.withUnsafeMutableBufferPointer { logPartition in
      goldScore.withUnsafeMutableBufferPointer { goldScore in
        withBatch(emissions, offsets, flat) { batch in
          var posterior = linear_chain_posterior(
            log_partition: logPartition.baseAddress, gold_score: flat == nil ? nil : goldScore.baseAddress,
            token_scores: scores.data, marginals: marginals.data)
          return linear_chain_forward(handle, &batch, &posterior)
        }
      }
    }
    guard let pass else { throw lacksMemory(emissions) }
    let posterior = Posterior(
      logPartition: logPartition, goldScore: flat == nil ? nil : goldScore, tokenScores: scores, marginals: marginals)
    return Pass(posterior, emissions, offsets, flat, pass)
  }

  /// The adjoint: returns the gradient of the emissions [words, tags] and adds to those of the transitions.
  func backward(_ pass: Pass, _ d: PosteriorCotangent, into crf: CRF) throws -> Tensor {
    let sentences = pass.offsets.count - 1
    for (part, count) in [("log-partition", d.logPartition?.count), ("gold score", d.goldScore?.count)] {
      guard count ?? sentences == sentences else {
        throw PluginError("the gradient of the \(part) has \(count ?? 0) entries for \(sentences) sentences")
      }
    }
    for (part, shape) in [("token scores", d.tokenScores?.shape), ("marginals", d.marginals?.shape)] {
      guard shape ?? pass.emissions.shape == pass.emissions.shape else {
        throw PluginError("the gradient of the \(part) is \(shape ?? []), not \(pass.emissions.shape)")
      }
    }
    let demissions = Tensor(zeros: pass.emissions.shape)
    let done = withDoubles(d.logPartition) { logPartition in
      withDoubles(d.goldScore) { goldScore in
        withBatch(pass.emissions, pass.offsets, pass.gold) { batch in
          var cotangent = linear_chain_cotangent(
            log_partition: logPartition, gold_score: goldScore, token_scores: d.tokenScores.map { UnsafePointer($0.data) },
            marginals: d.marginals.map { UnsafePointer($0.data) })
          var gradient = linear_chain_gradient(
            emissions: demissions.data, transitions: crf.transitions.gradient.data, start: crf.start.gradient.data,
            end: crf.end.gradient.data)
          return linear_chain_backward(handle, pass.handle, &batch, &cotangent, &gradient)
        }
      }
    }
    guard done != 0 else { throw lacksMemory(pass.emissions) }
    return demissions
  }

  /// The best path of each sentence.
  func bestPaths(_ emissions: Tensor, _ offsets: [Int]) throws -> [[Int]] {
    var paths = [Int32](repeating: 0, count: emissions.shape[0])
    let done = paths.withUnsafeMutableBufferPointer { paths in
      withBatch(emissions, offsets, nil) { linear_chain_viterbi(handle, &$0, paths.baseAddress) }
    }
    guard done != 0 else { throw lacksMemory(emissions) }
    return (0..<offsets.count - 1).map { s in paths[offsets[s]..<offsets[s + 1]].map(Int.init) }
  }

  private func words(of gold: [[Int]], _ offsets: [Int]) throws -> [Int32] {
    let sentences = offsets.count - 1
    guard gold.count == sentences else { throw PluginError("\(gold.count) gold sequences for \(sentences) sentences") }
    for s in 0..<sentences {
      guard gold[s].count == offsets[s + 1] - offsets[s], gold[s].allSatisfy({ $0 >= 0 && $0 < tags }) else {
        throw PluginError("the gold tags of sentence \(s) do not fit its words or the \(tags) tags")
      }
    }
    return gold.flatMap { $0.map(Int32.init) }
  }

  private func withBatch<R>(
    _ emissions: Tensor, _ offsets: [Int], _ gold: [Int32]?, _ body: (inout linear_chain_batch) -> R
  ) -> R {
    offsets.withUnsafeBufferPointer { offsets in
      (gold ?? []).withUnsafeBufferPointer { tags in
        var batch = linear_chain_batch(
          emissions: emissions.data, offsets: offsets.baseAddress, sentences: offsets.count - 1,
          gold: gold == nil ? nil : tags.baseAddress)
        return body(&batch)
      }
    }
  }

  private func withDoubles<R>(_ values: [Double]?, _ body: (UnsafePointer<Double>?) -> R) -> R {
    guard let values else { return body(nil) }
    return values.withUnsafeBufferPointer { body($0.baseAddress) }
  }

  private func lacksMemory(_ emissions: Tensor) -> PluginError {
    PluginError("no memory for the CRF over \(emissions.shape[0]) words and \(tags) tags")
  }
}
