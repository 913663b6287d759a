import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Tries the laws of a decoder that was made for `shape`; few tags, so that all paths of a sentence can be counted. Parts of the
/// posterior that it does not provide are not asked for. Parameters are as before when it returns, gradients zero.
func checkDecoder(_ decoder: any Decoder, shape: Shape, seed: UInt64 = 1, book: LawBook = LawBook()) -> [LawResult] {
  var book = book
  book.parameterLaws(decoder)
  let parameters = decoder.parameters.filter { $0.gradient.shape == $0.value.shape }
  withShakenParameters(parameters, seed: seed) {
    let laws = DecoderLaws(decoder: decoder, width: shape.width, tags: shape.tags.count, seed: seed)
    laws.posterior(&book)
    laws.bruteForce(&book)
    DecoderGradientLaws(laws, parameters).check(&book)
    if book.isAlone { laws.residue(&book) }
  }
  return book.results
}

/// The laws of values.
struct DecoderLaws {
  let decoder: any Decoder
  let width: Int, tags: Int
  let seed: UInt64

  /// Sentences of these lengths with normal vectors.
  func words(_ lengths: [Int], scale: Double = 1, _ name: String) -> WordVectors {
    var random = RandomStream(seed: seed, "laws.decoder." + name)
    let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    return WordVectors(offsets: offsets, tensor: Tensor.normal([offsets[lengths.count], width], scale: scale, using: &random))
  }

  /// The posterior, once it is known to be one.
  func decode(_ words: WordVectors, gold: [[Int]]? = nil) throws -> Posterior {
    let pass = try decoder.decode(words, gold: gold, mode: .inference)
    if let fault = fault(pass.value, of: words, gold: gold != nil) { throw LawFault(reason: fault) }
    return pass.value
  }

  func provides(_ part: PosteriorPart) -> Bool { decoder.provides.contains(part) }

  func posterior(_ book: inout LawBook) {
    let length = BruteForce.length(tags: tags)
    book.law("the posterior fits its words") {
      for scale in [1.0, 3000] {
        let words = words([length, 1, 0, 2], scale: scale, "shapes")
        let gold = (0..<words.sentences).map { words.rows(of: $0).map { _ in 0 } }
        _ = try (decode(words), decode(words, gold: gold))
      }
      return .kept
    }
    book.law("the posterior fits its words: fuzzed lengths and scores") {
      var random = RandomStream(seed: seed, "laws.fuzz.decoder")
      for round in 0..<12 {
        let lengths = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
        let words = words(lengths, scale: exp(12 * random.uniform() - 4), "fuzz.\(round)")
        let gold = lengths.map { length in (0..<length).map { _ in Int.random(in: 0..<tags, using: &random) } }
        let broken = roundFault("round \(round) of seed \(seed), sentences of \(lengths) words") {
          _ = try (decode(words), decode(words, gold: gold))
          let paths = try decoder.bestPaths(words)
          guard paths.map(\.count) == lengths else { return "the best paths have \(paths.map(\.count)) tags" }
          return paths.joined().first { !(0..<tags).contains($0) }.map { "a best path has the tag \($0)" }
        }
        if let broken { return .broken(broken) }
      }
      return .kept
    }
    book.law("an empty sentence is a sentence without a path") {
      for lengths in [[0], [0, 2, 0]] {
        let words = words(lengths, "empty")
        _ = try decode(words)
        let found = try decoder.bestPaths(words).map(\.count)
        guard found == lengths else { return .broken("the best paths of sentences of \(lengths) words have \(found) tags") }
      }
      return .kept
    }
    book.law("marginals sum to one") {
      guard provides(.marginals) else { return .untried("it gives no marginals") }
      for scale in [1.0, 300] {
        let marginals = try decode(words([length, 1, 7], scale: scale, "sums")).marginals
        for row in 0..<marginals.shape[0] {
          let sum = (0..<tags).reduce(0.0) { $0 + Double(marginals[row * tags + $1]) }
          guard abs(sum - 1) <= 1e-4 else { return .broken("those of word \(row) sum to \(sum)") }
        }
      }
      return .kept
    }
    book.law("token posteriors are the softmax of token scores") {
      guard provides(.marginals), provides(.tokenScores) else { return .untried("it gives not both of them") }
      let posterior = try decode(words([length, 1, 7], "scores"))
      for row in 0..<posterior.marginals.shape[0] {
        let scores = (0..<tags).map { exp(Double(posterior.tokenScores[row * tags + $0])) }
        let sum = scores.reduce(0, +)
        for tag in 0..<tags {
          let marginal = Double(posterior.marginals[row * tags + tag])
          guard abs(scores[tag] / sum - marginal) <= 1e-4 else {
            return .broken("word \(row), tag \(tag): the softmax is \(scores[tag] / sum), the marginal \(marginal)")
          }
        }
      }
      return .kept
    }
    book.law("sentences of a batch do not see each other") {
      let together = words([length, 2, 1], "batch"), all = try decode(together)
      let paths = try decoder.bestPaths(together)
      for s in 0..<together.sentences {
        let rows = together.rows(of: s)
        let alone = WordVectors(offsets: [0, rows.count], tensor: together.tensor.rows(rows).copy()), one = try decode(alone)
        let same =
          (!provides(.marginals) || all.marginals.rows(rows).largestDifference(from: one.marginals) <= 1e-4)
          && abs((all.logPartition?[s] ?? 0) - (one.logPartition?[0] ?? 0)) <= 1e-4
        let path = try decoder.bestPaths(alone)
        guard same, path == [paths[s]] else { return .broken("sentence \(s) alone comes to something else") }
      }
      return .kept
    }
  }

  func residue(_ book: inout LawBook) {
    book.law("calls leave nothing behind") {
      let words = words([3, 1, 0, 5], "residue"), gold = (0..<words.sentences).map { words.rows(of: $0).map { _ in 0 } }
      let zeros = [Double](repeating: 0, count: words.sentences)
      return try withClearGradients(decoder.parameters) {
        var watch = ResidueWatch()
        while watch.wantsMore {
          let pass = try decoder.decode(words, gold: gold, mode: .training(seed: seed, step: 1))
          _ = try pass.backward(PosteriorCotangent(logPartition: provides(.logPartition) ? zeros : nil))
          _ = try decoder.bestPaths(words)
          watch.called()
        }
        return watch.verdict
      }
    }
  }

  func bruteForce(_ book: inout LawBook) {
    let lengths = Array(1...BruteForce.length(tags: tags))
    func law(_ law: String, needs parts: Set<PosteriorPart>, _ fault: (BruteForce, WordVectors) throws -> String?) {
      book.law(law) {
        let missing = parts.subtracting(decoder.provides).map(\.rawValue).sorted()
        guard missing.isEmpty else { return .untried("it gives no \(missing.joined(separator: ", no "))") }
        for (length, trial) in lengths.flatMap({ length in (0..<3).map { (length, $0) } }) {
          let words = words([length], "paths.\(trial)")
          guard let paths = try BruteForce(decoder, sentence: words.tensor, tags: tags) else {
            return .broken("it gives no gold score a sentence where gold tags are given")
          }
          if let fault = try fault(paths, words) { return .broken("\(length) words: \(fault)") }
        }
        return .kept
      }
    }
    law("the partition function agrees with brute force", needs: [.logPartition, .goldScore]) { paths, words in
      let logZ = try decode(words).logPartition?.first ?? .nan
      return abs(logZ - paths.logPartition) <= 1e-4 ? nil : "log Z is \(logZ), all paths together \(paths.logPartition)"
    }
    law("no gold score is above the partition function", needs: [.logPartition, .goldScore]) { paths, words in
      let logZ = try decode(words).logPartition?.first ?? .nan
      return paths.best <= logZ + 1e-5 ? nil : "a path has the log-likelihood \(paths.best - logZ)"
    }
    law("marginals agree with brute force", needs: [.marginals, .goldScore]) { paths, words in
      let marginals = try decode(words).marginals
      for (i, expected) in paths.marginals.enumerated() where !(abs(Double(marginals[i]) - expected) <= 1e-4) {
        return "word \(i / tags), tag \(i % tags): \(marginals[i]), counted \(expected)"
      }
      return nil
    }
    law("the best path is optimal", needs: [.goldScore]) { paths, words in
      let found = try decoder.bestPaths(words)
      guard found.count == 1, let score = paths.score(of: found[0]) else { return "\(found) is no path" }
      return score >= paths.best - 1e-4 ? nil : "\(found[0]) scores \(score), the best \(paths.best)"
    }
  }

  /// What is wrong with a posterior's shapes or numbers.
  private func fault(_ posterior: Posterior, of words: WordVectors, gold: Bool) -> String? {
    let shape = [words.tensor.shape[0], tags]
    for (part, tensor) in [(PosteriorPart.tokenScores, posterior.tokenScores), (.marginals, posterior.marginals)]
    where provides(part) {
      guard tensor.shape == shape else { return "\(part.rawValue) have shape \(tensor.shape), not \(shape)" }
      guard !tensor.values.contains(where: \.isNaN) else { return "\(part.rawValue) are not numbers" }
    }
    for (part, values) in [(PosteriorPart.logPartition, posterior.logPartition), (.goldScore, posterior.goldScore)] {
      guard provides(part), gold || part == .logPartition else { continue }
      guard let values, values.count == words.sentences else { return "there is not one \(part.rawValue) a sentence" }
      guard !values.contains(where: { $0.isNaN || $0 == .infinity }) else { return "a \(part.rawValue) is \(values)" }
    }
    return nil
  }
}
