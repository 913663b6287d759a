import ArgumentParser

/// What scores are broken down by.
enum Breakdown: String, ExpressibleByArgument, CaseIterable {
  case type, length, seen
  case contextClass = "context-class"
}

/// A part of a split: some of its sentences, some of their entities.
struct ScoreGroup {
  let name: String
  /// Which entities count.
  let counts: (_ sentence: Int, _ entity: Entity) -> Bool
  let sentences: Int

  /// The scores of the group's entities alone.
  func score(_ examples: [Example], predictions: [[String]]) -> Score {
    var correct = 0, predicted = 0, gold = 0
    for (i, example) in examples.enumerated() {
      let right = Set(Entity.entities(in: example.tags).filter { counts(i, $0) })
      let said = Set(Entity.entities(in: predictions[i]).filter { counts(i, $0) })
      correct += right.intersection(said).count
      predicted += said.count
      gold += right.count
    }
    return Score(correct: correct, predicted: predicted, gold: gold)
  }
}

extension Breakdown {
  /// The groups, in the order in which they are shown; `predicted` are tags that were said, whose types count too.
  func groups(_ examples: [Example], predicted: [[String]] = [], corpus: Corpus, failBelow: Int) -> [ScoreGroup] {
    switch self {
    case .type:
      let types = Set((examples.map(\.tags) + predicted).flatMap { Entity.entities(in: $0).map(\.type) }).sorted()
      return types.map { type in
        ScoreGroup(
          name: type, counts: { $1.type == type },
          sentences: examples.count { Entity.entities(in: $0.tags).contains { $0.type == type } })
      }
    case .length:
      return [(1, 10), (11, 20), (21, 30), (31, Int.max)].map { low, high in
        ScoreGroup(
          name: high == .max ? "\(low)+ words" : "\(low)-\(high) words",
          counts: { i, _ in (low...high).contains(examples[i].words.count) },
          sentences: examples.count { (low...high).contains($0.words.count) })
      }
    case .contextClass:
      let classes = examples.map { ContextClass($0.contextText, failBelow: failBelow) }
      return ContextClass.allCases.map { kind in
        ScoreGroup(name: kind.rawValue, counts: { i, _ in classes[i] == kind }, sentences: classes.count { $0 == kind })
      }
    case .seen:
      let known = Set(
        (corpus.splits["train"] ?? []).flatMap { example in
          Entity.entities(in: example.tags).map { Self.surface($0, example.words) }
        })
      return [true, false].map { seen in
        ScoreGroup(
          name: seen ? "seen in training" : "unseen",
          counts: { i, entity in known.contains(Self.surface(entity, examples[i].words)) == seen },
          sentences: examples.count { example in
            Entity.entities(in: example.tags).contains { known.contains(Self.surface($0, example.words)) == seen }
          })
      }
    }
  }

  /// Type and lower-cased words.
  private static func surface(_ entity: Entity, _ words: [String]) -> String {
    entity.type + "\t" + words[entity.words].joined(separator: " ").lowercased()
  }
}
