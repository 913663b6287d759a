/// What can be wrong with an entity.
enum TaggingError: String, Sendable, CaseIterable, Encodable {
  /// Right type, wrong words.
  case boundary
  /// Right words, wrong type.
  case type
  /// Overlapping words, and the type is wrong too.
  case boundaryAndType
  /// A gold entity without any prediction in its words.
  case missed
  /// A prediction without any gold entity in its words.
  case spurious
}

/// A sentence's gold entities and predictions, each matched at most once.
struct EntityMatching: Sendable {
  struct Mistake: Sendable, Hashable {
    let error: TaggingError
    let gold: Entity?
    let predicted: Entity?
  }

  let correct: [Entity]
  let mistakes: [Mistake]

  /// Exact matches first; what is left is paired by the same words, then by type and overlap, then by overlap, from the left.
  init(gold: [String], predicted: [String]) {
    let right = Entity.entities(in: gold), said = Entity.entities(in: predicted)
    correct = right.filter(Set(said).contains)
    let exact = Set(correct)
    var open = right.filter { !exact.contains($0) }, claims = said.filter { !exact.contains($0) }
    var mistakes: [Mistake] = []
    func pair(_ error: TaggingError, where fits: (Entity, Entity) -> Bool) {
      open.removeAll { entity in
        guard let place = claims.firstIndex(where: { fits(entity, $0) }) else { return false }
        mistakes.append(Mistake(error: error, gold: entity, predicted: claims.remove(at: place)))
        return true
      }
    }
    pair(.type) { $0.words == $1.words }
    pair(.boundary) { $0.type == $1.type && $0.words.overlaps($1.words) }
    pair(.boundaryAndType) { $0.words.overlaps($1.words) }
    mistakes += open.map { Mistake(error: .missed, gold: $0, predicted: nil) }
    mistakes += claims.map { Mistake(error: .spurious, gold: nil, predicted: $0) }
    self.mistakes = mistakes
  }
}
