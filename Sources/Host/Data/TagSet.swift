import PluginAPI

/// The tags that a decoder tells apart: `O` first, then B-, I-, E- and S- of each type, types sorted.
struct TagSet: Sendable, Hashable {
  /// The tags in the order of their indices.
  let names: [String]
  private let indices: [String: Int]

  /// Tags in a given order, such as a saved model's.
  init(names: [String]) {
    self.names = names
    indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tags of some entity types.
  init(types: some Sequence<String>) {
    self.init(names: ["O"] + Set(types).sorted().flatMap { type in ["B-", "I-", "E-", "S-"].map { $0 + type } })
  }

  /// The most tags that are learned: decoders take the square of their number in memory and time.
  static let most = 4096

  /// Whether these are the tags of some types in their order, as a saved model's have to be.
  static func isPossible(_ names: [String]) -> Bool {
    let tags = TagSet(names: names)
    return (2...most).contains(names.count) && tags.names == TagSet(types: tags.types).names
  }

  /// The tags of the types that training data holds, in whichever scheme it is.
  init(training: Dataset) {
    self.init(types: training.types)
  }

  var count: Int { names.count }

  /// The types, sorted as the tags are.
  var types: [String] { names.compactMap { Tag($0).place == .begin ? String(Tag($0).type) : nil } }

  /// The index of a BIOES tag; nil where training knows no such tag.
  func index(of tag: String) -> Int? { indices[tag] }

  /// The indices of BIOES tags. An unseen type counts as `O`: it cannot be predicted, and scoring counts it as missed.
  func indices(of tags: [String]) -> [Int] { tags.map { indices[$0] ?? 0 } }

  /// A warning for each type of `data` that training does not know.
  func unseenTypes(in data: Dataset) -> [Diagnostic] {
    var unseen: [String: (count: Int, line: Int)] = [:]
    let known = Set(types)
    for sentence in data.sentences {
      for entity in Entity.entities(in: sentence.tags) where !known.contains(entity.type) {
        unseen[entity.type, default: (0, sentence.line + entity.words.lowerBound)].count += 1
      }
    }
    return unseen.sorted { $0.key < $1.key }.map { type, found in
      let entities = found.count == 1 ? "1 entity" : "\(found.count) entities"
      return Diagnostic(
        "D206", "\(data.name) has \(entities) of type `\(type)`, which training never saw",
        mark: SourceMark(file: data.path, line: found.line, column: 1),
        hint: nearestName(to: type, among: known).map { "is it `\($0)`?" }, notes: ["they count as missed"])
    }
  }
}

extension Dataset {
  /// The entity types.
  var types: Set<String> { Set(sentences.flatMap { Entity.entities(in: $0.tags).map(\.type) }) }
}
