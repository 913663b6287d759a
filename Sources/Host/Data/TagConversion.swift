extension TagScheme {
  /// The sequence in BIOES. Entities are read as conlleval reads them, so every scheme will do and stray tags start entities.
  static func toBIOES(_ tags: [String]) -> [String] { TagScheme.bioes.spell(Entity.entities(in: tags), length: tags.count) }

  /// The sequence in IOB2, likewise.
  static func toIOB2(_ tags: [String]) -> [String] { TagScheme.iob2.spell(Entity.entities(in: tags), length: tags.count) }

  /// The sequence in this scheme, likewise.
  func convert(_ tags: [String]) -> [String] { spell(Entity.entities(in: tags), length: tags.count) }

  /// The tags of `length` words with the given entities, which follow one another.
  func spell(_ entities: [Entity], length: Int) -> [String] {
    var tags = [String](repeating: "O", count: length)
    var previous: Entity?
    for entity in entities {
      let inside = "I-" + entity.type, first = entity.words.lowerBound, last = entity.words.upperBound - 1
      for i in entity.words { tags[i] = inside }
      switch self {
      case .iob1:
        if let previous, previous.type == entity.type, previous.words.upperBound == first { tags[first] = "B-" + entity.type }
      case .iob2:
        tags[first] = "B-" + entity.type
      case .bioes:
        tags[last] = "E-" + entity.type
        tags[first] = (first == last ? "S-" : "B-") + entity.type
      }
      previous = entity
    }
    return tags
  }
}
