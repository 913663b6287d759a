import PluginAPI

/// How tags spell entities.
enum TagScheme: String, Sendable, Codable, CaseIterable {
  /// I-X; B-X only where an entity follows another of its type.
  case iob1
  /// B-X, then I-X.
  case iob2
  /// B-X I-X … E-X, or S-X alone; also as BILOU.
  case bioes

  /// As it is written.
  var name: String { rawValue.uppercased() }

  /// A fault of a tag sequence: which tag, and what is wrong.
  struct Fault: Hashable, Sendable {
    let index: Int
    let text: String
    /// Whether reading the tags as conlleval does makes entities of them.
    let repairable: Bool
  }

  /// The tags that cannot stand where they stand.
  func faults(in texts: [String]) -> [Fault] {
    var faults: [Fault] = []
    var previous = Tag.outside
    for (i, text) in texts.enumerated() {
      let tag = Tag(text)
      if !tag.isWellFormed {
        faults.append(Fault(index: i, text: "`\(text)` is no tag: `O` or `B-TYPE` is", repairable: false))
      } else if let (offset, text) = fault(previous, tag, i > 0 ? texts[i - 1] : nil, text) {
        faults.append(Fault(index: i + offset, text: text, repairable: true))
      }
      previous = tag
    }
    if self == .bioes, [.begin, .inside].contains(previous.place), let last = texts.last {
      faults.append(Fault(index: texts.count - 1, text: "`\(last)` at the end of the sentence", repairable: true))
    }
    return faults
  }

  /// What is wrong with `tag` after `previous`, and at which of the two: offset 0 or −1.
  private func fault(_ previous: Tag, _ tag: Tag, _ before: String?, _ text: String) -> (offset: Int, text: String)? {
    let open = [.begin, .inside].contains(previous.place)
    let goesOn = open && previous.type == tag.type
    let stray = before.map { "`\(text)` after `\($0)`" } ?? "`\(text)` at the start of the sentence"
    switch (self, tag.place) {
    case (.iob1, .begin): return goesOn ? nil : (0, stray)
    case (.iob2, .inside): return goesOn ? nil : (0, stray)
    case (.iob1, .inside), (.iob2, .begin), (.iob1, .outside), (.iob2, .outside): return nil
    case (.iob1, _), (.iob2, _): return (0, "`\(text)` is not \(name)")
    case (.bioes, .inside), (.bioes, .end): return goesOn ? nil : (0, stray)
    case (.bioes, _): return open ? before.map { (-1, "`\($0)` before `\(text)`") } : nil
    }
  }
}
