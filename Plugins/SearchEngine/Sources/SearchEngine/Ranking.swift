import FoundationEssentials
import PluginAPI

/// Orders candidates by BERTScore F1 against the sentence. The encoder is made when it is first needed, by ``open()`` at the
/// earliest, and asked by one task at a time.
actor Ranking {
  private let plugin: String
  private let options: ConfigNode
  private let layer: Int?
  private let idf: Bool
  private let services: Services
  private var score: BERTScore?

  /// What the order depends on.
  nonisolated let fingerprint: [String: String]

  /// - Parameter options: nil: MiniLM where `calm model fetch` puts it.
  init(_ options: RankOptions?, services: Services) throws {
    self.services = services
    plugin = options?.plugin ?? "biobert"
    (layer, idf) = (options?.layer, options?.idf ?? false)
    if let given = options?.options {
      self.options = given
    } else {
      let place = SourceMark(file: "the default of `rank`", line: 1, column: 1), model = services.cacheFolder + "/models/minilm"
      guard options == nil, FileManager.default.fileExists(atPath: model + "/config.json") else {
        throw PluginError(
          "there is no model to rank candidates with" + (options == nil ? ": MiniLM is not at \(model)" : ""),
          hint: "name one as `rank: {plugin: biobert, options: {model: …}}`, or say `rankBy: engine`")
      }
      self.options = ConfigNode(
        .map([.init(.init("model", mark: place), ConfigNode(.scalar(model, quoted: true), mark: place))]), mark: place)
    }
    fingerprint = try [
      "plugin": plugin, "options": Self.digest(self.options), "layer": layer.map(String.init) ?? "last", "idf": "\(idf)",
    ]
  }

  /// Makes the encoder and asks it once, so that a folder, a model or a layer that is not there is found out.
  func open() throws {
    if score == nil { _ = try opened()(candidates: ["a"], references: ["b"]) }
  }

  /// The candidates of each sentence, best first; equal ones as the engine has them.
  func ranked(_ sets: [(sentence: String, candidates: [Candidate])]) throws -> [[Candidate]] {
    guard sets.contains(where: { !$0.candidates.isEmpty }) else { return sets.map(\.candidates) }
    let score = try opened()
    let values: [Double]
    if idf {
      values = try sets.flatMap { sentence, candidates in
        let weights = try score.inverseDocumentFrequencies(of: candidates.map(\.text) + [sentence])
        return try Self.values(score, [(sentence, candidates)], weights)
      }
    } else {
      values = try Self.values(score, sets, nil)
    }
    var rest = values[...]
    return sets.map { _, candidates in
      defer { rest = rest.dropFirst(candidates.count) }
      return zip(candidates, rest).map { candidate, value in
        var candidate = candidate
        candidate.similarity = value
        return candidate
      }.sorted { ($1.similarity ?? 0, $0.hit.rank) < ($0.similarity ?? 0, $1.hit.rank) }
    }
  }

  private static func values(
    _ score: BERTScore, _ sets: [(sentence: String, candidates: [Candidate])], _ weights: InverseDocumentFrequencies?
  ) throws -> [Double] {
    try score(
      candidates: sets.flatMap { $0.candidates.map(\.text) },
      references: sets.flatMap { set in set.candidates.map { _ in set.sentence } }, weights: weights
    ).map(\.f1)
  }

  private func opened() throws -> BERTScore {
    if let score { return score }
    let made = try BERTScore(encoder: services.encoder(plugin, options: options), layer: layer)
    score = made
    return made
  }

  /// The options with the content of files and folders in the place of their paths: where a model lies changes nothing.
  private static func digest(_ options: ConfigNode) throws -> String {
    switch options.value {
    case .scalar(let text, _): text.hasPrefix("/") ? try contentDigest(text) ?? text : text
    case .list(let items): "[" + (try items.map(digest)).joined(separator: ", ") + "]"
    case .map(let entries):
      "{" + (try entries.map { "\($0.key.name): \(try digest($0.value))" }).sorted().joined(separator: ", ") + "}"
    }
  }

  private static func contentDigest(_ path: String) throws -> String? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return FileManager.default.fileExists(atPath: path) ? try MappedFile(path: path).contentDigest : nil
    }
    return try names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
      var isFolder = false
      guard FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder else { return nil }
      return "\(name) \(try MappedFile(path: path + "/" + name).contentDigest)"
    }.joined(separator: ", ")
  }
}
