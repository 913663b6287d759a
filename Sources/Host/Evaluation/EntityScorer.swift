import PluginAPI

/// How entities are counted.
enum ScoringMode: String, Sendable, CaseIterable {
  /// As conlleval: any scheme, malformed sequences included. seqeval's default counts the same.
  case conlleval
  /// As seqeval's strict mode: only well-formed entities of one scheme count.
  case strict
}

/// Entity-level precision, recall and F1.
enum EntityScorer {
  /// The scores of `predicted` against `gold`, tags of the same sentences.
  ///
  /// - Parameter scheme: strict mode's, BIOES or else IOB2; nil takes BIOES where the gold tags have an E- or S-.
  static func score(
    gold: [[String]], predicted: [[String]], mode: ScoringMode = .conlleval, scheme: TagScheme? = nil
  ) -> Scores {
    let read: ([String]) -> [Entity]
    switch mode {
    case .conlleval: read = Entity.entities(in:)
    case .strict:
      let scheme = scheme ?? strictScheme(gold: gold, predicted: predicted)
      read = { StrictEntities.entities(in: $0, scheme: scheme) }
    }
    var types: [String: (correct: Int, predicted: Int, gold: Int)] = [:]
    for i in 0..<max(gold.count, predicted.count) {
      let right = Set(i < gold.count ? read(gold[i]) : [])
      for entity in right { types[entity.type, default: (0, 0, 0)].gold += 1 }
      for entity in i < predicted.count ? read(predicted[i]) : [] {
        types[entity.type, default: (0, 0, 0)].predicted += 1
        if right.contains(entity) { types[entity.type, default: (0, 0, 0)].correct += 1 }
      }
    }
    let scores = types.mapValues { Score(correct: $0.correct, predicted: $0.predicted, gold: $0.gold) }
    let sums = types.values.reduce((0, 0, 0)) { ($0.0 + $1.correct, $0.1 + $1.predicted, $0.2 + $1.gold) }
    return Scores(
      micro: Score(correct: sums.0, predicted: sums.1, gold: sums.2),
      // Sorted, so that the sum and with it the last bit does not depend on the hash seed.
      macro: Score(meanOf: scores.sorted { $0.key < $1.key }.map(\.value)), types: scores)
  }

  /// The scores of one column file against another. Throws where they are not of the same sentences, and in strict mode where
  /// a tag is not of the scheme.
  static func score(
    gold: Dataset, predicted: Dataset, mode: ScoringMode = .conlleval, scheme: TagScheme? = nil
  ) throws -> Scores {
    try checkAlignment(gold, predicted)
    let goldTags = gold.sentences.map(\.tags), predictedTags = predicted.sentences.map(\.tags)
    if mode == .strict {
      let scheme = scheme ?? strictScheme(gold: goldTags, predicted: predictedTags)
      for data in [gold, predicted] { try checkScheme(data, scheme) }
    }
    return score(gold: goldTags, predicted: predictedTags, mode: mode, scheme: scheme)
  }

  /// BIOES where the gold tags have an E- or S- (the predicted ones where gold has no entity), IOB2 elsewhere.
  static func strictScheme(gold: [[String]], predicted: [[String]]) -> TagScheme {
    for sequences in [gold, predicted] {
      let places = Set(sequences.joined().map { Tag($0).place }).subtracting([.outside])
      if !places.isEmpty { return places.isDisjoint(with: [.end, .single]) ? .iob2 : .bioes }
    }
    return .iob2
  }

  private static func checkAlignment(_ gold: Dataset, _ predicted: Dataset) throws(Diagnostic) {
    for (right, said) in zip(gold.sentences, predicted.sentences) where right.words != said.words {
      let same = zip(right.words, said.words).prefix { $0 == $1 }.count
      func word(_ sentence: Sentence) -> String {
        same < sentence.words.count ? "`\(sentence.words[same])`" : "the sentence's end"
      }
      throw Diagnostic(
        "D209",
        "\(predicted.path):\(said.line + same) has \(word(said)) where \(gold.path):\(right.line + same) has \(word(right))",
        mark: SourceMark(file: predicted.path, line: said.line + min(same, said.words.count - 1), column: 1))
    }
    guard gold.sentences.count == predicted.sentences.count else {
      throw Diagnostic(
        "D209", "\(gold.path) has \(gold.sentences.count) sentences, \(predicted.path) has \(predicted.sentences.count)")
    }
  }

  private static func checkScheme(_ data: Dataset, _ scheme: TagScheme) throws(Diagnostic) {
    let places: Set<Tag.Place> = scheme == .bioes ? [.outside, .begin, .inside, .end, .single] : [.outside, .begin, .inside]
    for sentence in data.sentences {
      guard let index = sentence.tags.firstIndex(where: { !places.contains(Tag($0).place) }) else { continue }
      throw Diagnostic(
        "D205", "`\(sentence.tags[index])` is not \(scheme == .bioes ? "BIOES" : "IOB2"), which strict scoring counts here",
        mark: SourceMark(file: data.path, line: sentence.line + index, column: 1))
    }
  }
}
