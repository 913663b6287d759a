#if canImport(Glibc)
  import Glibc
#endif

/// BERTScore (Zhang et al. 2020): how much of one text's meaning another one has, token by token.
///
/// Each token of the candidate is matched with the most similar token of the reference, by the cosine of their hidden states,
/// and the other way round. Precision is the mean over the candidate's tokens, recall over the reference's. Special tokens
/// weigh nothing but can be matched. There is no rescaling with a baseline.
public struct BERTScore: Sendable {
  /// The measures of one pair, at most 1.
  public struct Values: Sendable, Hashable {
    /// The mean over the candidate's tokens.
    public var precision: Double
    /// The mean over the reference's tokens.
    public var recall: Double
    /// Their harmonic mean; 0 where a side is empty.
    public var f1: Double

    init(precision: Double, recall: Double) {
      self.precision = precision
      self.recall = recall
      f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    static let nothing = Values(precision: 0, recall: 0)
  }

  private let encoder: any TokenEncoder
  private let layer: Int?
  /// What every sequence begins and ends with: these tokens weigh nothing wherever they stand.
  private let special: Set<Int>

  /// Scores by an encoder's states. Throws what the encoder throws.
  /// - Parameters:
  ///   - encoder: gives the states of tokens.
  ///   - layer: behind how many of its layers; nil: all.
  public init(encoder: any TokenEncoder, layer: Int? = nil) throws {
    self.encoder = encoder
    self.layer = layer
    special = Set(try encoder.tokenize("").ids)
  }

  /// How much tokens weigh by how few of `texts` have them. Empty texts do not count. Throws what the
  /// encoder's tokenizer throws.
  public func inverseDocumentFrequencies(of texts: [String]) throws -> InverseDocumentFrequencies {
    InverseDocumentFrequencies(of: try texts.map(ids).filter { !isEmpty($0) })
  }

  /// The measures of each candidate against the reference of the same index.
  ///
  /// Texts are stripped of white space and cut to what the model reads. Each distinct text is encoded once for all neighbours
  /// that have it. Throws what the encoder throws.
  /// - Parameters:
  ///   - candidates: the texts that are judged.
  ///   - references: what each is judged by; as many.
  ///   - weights: what tokens weigh; nil: all the same.
  /// - Returns: precision, recall and F1 of each pair, fractions of 1.
  public func callAsFunction(
    candidates: [String], references: [String], weights: InverseDocumentFrequencies? = nil
  ) throws -> [Values] {
    precondition(candidates.count == references.count, "\(candidates.count) candidates, \(references.count) references")
    let pairs = try zip(candidates, references).map { (candidate: try ids($0), reference: try ids($1)) }
    var values = [Values](repeating: .nothing, count: pairs.count)
    for group in groups(pairs) {
      let texts = Array(Set(group.flatMap { [pairs[$0].candidate, pairs[$0].reference] }))
      let states = try encoder.hiddenStates(ids: texts, layer: layer)
      for state in states { state.normaliseRows() }
      let found = Dictionary(uniqueKeysWithValues: zip(texts, states))
      for i in group {
        guard let candidate = found[pairs[i].candidate], let reference = found[pairs[i].reference] else { continue }
        let best = greatestSimilarities(candidate, reference)
        values[i] = Values(
          precision: mean(best.candidate, pairs[i].candidate, weights),
          recall: mean(best.reference, pairs[i].reference, weights))
      }
    }
    return values
  }

  /// A text's ids as the model reads them: where there are too many, the last places before the end are cut.
  ///
  /// It stands behind a space, so that byte-level tokenizers see a word at its beginning, as bert_score has RoBERTa's
  /// (`add_prefix_space`); for others the space is none.
  private func ids(_ text: String) throws -> [Int] {
    let scalars = text.unicodeScalars
    let stripped = scalars.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    let spaced = stripped.isEmpty ? "" : " " + String(String.UnicodeScalarView(stripped))
    let ids = try encoder.tokenize(spaced).ids
    return ids.count <= encoder.longestSequence ? ids : ids.prefix(encoder.longestSequence - 1) + ids.suffix(1)
  }

  private func isEmpty(_ ids: [Int]) -> Bool { ids.allSatisfy(special.contains) }

  /// Pairs of two texts that are not empty, in groups whose texts fit in memory. Pairs of one reference stand together, so
  /// that it is encoded once.
  private func groups(_ pairs: [(candidate: [Int], reference: [Int])]) -> [[Int]] {
    var first: [[Int]: Int] = [:]
    for (i, pair) in pairs.enumerated() where first[pair.reference] == nil { first[pair.reference] = i }
    let order = pairs.indices.filter { !isEmpty(pairs[$0].candidate) && !isEmpty(pairs[$0].reference) }
      .sorted { (first[pairs[$0].reference] ?? 0, $0) < (first[pairs[$1].reference] ?? 0, $1) }
    let most = 32768
    var groups: [[Int]] = [], texts: Set<[Int]> = [], tokens = 0
    for i in order {
      if groups.isEmpty || tokens > most {
        groups.append([])
        (texts, tokens) = ([], 0)
      }
      groups[groups.count - 1].append(i)
      for text in [pairs[i].candidate, pairs[i].reference] where texts.insert(text).inserted { tokens += text.count }
    }
    return groups
  }

  private func mean(_ similarities: [Float], _ ids: [Int], _ weights: InverseDocumentFrequencies?) -> Double {
    var sum = 0.0, total = 0.0
    for (similarity, id) in zip(similarities, ids) where !special.contains(id) {
      let weight = weights?[id] ?? 1
      sum += weight * Double(similarity)
      total += weight
    }
    return total > 0 ? sum / total : 0
  }
}

/// What tokens weigh: log((N + 1) / (n + 1)) where n of N texts have them.
public struct InverseDocumentFrequencies: Sendable {
  private let weights: [Int: Double]
  private let unseen: Double

  init(of texts: [[Int]]) {
    var frequencies: [Int: Int] = [:]
    for text in texts { for id in Set(text) { frequencies[id, default: 0] += 1 } }
    let count = Double(texts.count + 1)
    weights = frequencies.mapValues { log(count / Double($0 + 1)) }
    unseen = log(count)
  }

  subscript(id: Int) -> Double { weights[id] ?? unseen }
}

/// Python's `str.strip` takes the separators of ASCII for white space too.
private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
  scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
}

/// For each row of two matrices [rows, width] of unit rows, the greatest cosine with a row of the other.
private func greatestSimilarities(_ a: Tensor, _ b: Tensor) -> (candidate: [Float], reference: [Float]) {
  let rows = a.shape[0], columns = b.shape[0], width = a.shape[1]
  let products = Tensor(zeros: [rows, columns])
  Kernels.gemm(
    transposeB: true, m: rows, n: columns, k: width, a.data, lda: width, b.data, ldb: width, into: products.data, ldc: columns)
  var best = (candidate: [Float](repeating: -1, count: rows), reference: [Float](repeating: -1, count: columns))
  for i in 0..<rows {
    let row = products.data + i * columns
    for j in 0..<columns {
      best.candidate[i] = max(best.candidate[i], row[j])
      best.reference[j] = max(best.reference[j], row[j])
    }
  }
  return best
}

extension Tensor {
  /// Divides each row [columns] by its length.
  fileprivate func normaliseRows() {
    let width = shape[1]
    for row in 0..<shape[0] {
      let values = data + row * width
      var sum = 0.0
      for i in 0..<width { sum += Double(values[i]) * Double(values[i]) }
      guard sum > 0 else { continue }
      let factor = Float(1 / sum.squareRoot())
      for i in 0..<width { values[i] *= factor }
    }
  }
}
