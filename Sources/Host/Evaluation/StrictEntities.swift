/// Entities as seqeval's strict mode counts them: what does not start and end as the scheme demands is none.
enum StrictEntities {
  /// - Parameter scheme: BIOES; any other counts as IOB2.
  static func entities(in texts: [String], scheme: TagScheme) -> [Entity] {
    let tags = texts.map { Tag($0) }
    var found: [Entity] = []
    var i = 0
    while i < tags.count {
      let start = i
      i += 1
      switch (tags[start].place, scheme) {
      case (.single, .bioes):
        found.append(entity(tags, start..<i))
      case (.begin, .bioes):
        while i < tags.count, tags[i - 1].place != .end, goesOn(tags, i), [.inside, .end].contains(tags[i].place) { i += 1 }
        if tags[i - 1].place == .end { found.append(entity(tags, start..<i)) }
      case (.begin, _):
        while i < tags.count, goesOn(tags, i), tags[i].place == .inside { i += 1 }
        found.append(entity(tags, start..<i))
      default: break
      }
    }
    return found
  }

  private static func goesOn(_ tags: [Tag], _ i: Int) -> Bool { tags[i].type == tags[i - 1].type }

  private static func entity(_ tags: [Tag], _ words: Range<Int>) -> Entity {
    let type = tags[words.lowerBound].type
    return Entity(type: type.isEmpty ? "_" : String(type), words: words)
  }
}
