/// An entity of a sentence: its type and its words.
struct Entity: Hashable, Sendable {
  let type: String
  let words: Range<Int>

  /// The entities of a tag sequence by conlleval's rules, which read IOB1, IOB2 and BIOES alike and neither refuse nor repair
  /// anything: an entity starts where a tag cannot go on with the one before, and ends before a tag that cannot go on with it.
  static func entities(in tags: [String]) -> [Entity] {
    var found: [Entity] = []
    var start: Int?
    var previous = Tag.outside
    for (i, text) in tags.enumerated() {
      let tag = Tag(text)
      if let first = start, ends(previous, before: tag) {
        found.append(Entity(type: name(previous.type), words: first..<i))
        start = nil
      }
      if starts(tag, after: previous) { start = i }
      previous = tag
    }
    if let first = start { found.append(Entity(type: name(previous.type), words: first..<tags.count)) }
    return found
  }

  private static func ends(_ previous: Tag, before tag: Tag) -> Bool {
    switch previous.place {
    case .outside: return false
    case .end, .single: return true
    case .begin, .inside: if [.begin, .single, .outside].contains(tag.place) { return true }
    case .foreign: break
    }
    return previous.type != tag.type
  }

  private static func starts(_ tag: Tag, after previous: Tag) -> Bool {
    switch tag.place {
    case .outside: return false
    case .begin, .single: return true
    case .end, .inside: if [.end, .single, .outside].contains(previous.place) { return true }
    case .foreign: break
    }
    return previous.type != tag.type
  }

  /// Tags may lack a type; a name is needed where types are keys.
  private static func name(_ type: Substring) -> String { type.isEmpty ? "_" : String(type) }
}
