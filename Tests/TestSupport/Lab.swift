import FoundationEssentials
import CalmNumerics
import Weights

/// A temporary folder with a tiny model, a few labelled sentences with contexts, and an experiment file. Removed with the last
/// reference.
public final class Lab: Sendable {
  /// The folder.
  public let folder: String
  /// The experiment file.
  public var config: String { path("experiment.yaml") }

  /// A new folder.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/calm-lab-\(UInt64.random(in: 0 ..< .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try TinyBert.write(to: path("model"))
    var random = RandomStream(seed: 3, "lab")
    for (split, count) in [("train", 40), ("dev", 12), ("test", 12)] {
      let sentences = (0..<count).map { _ in Self.sentence(&random) }
      try write(
        sentences.map { zip($0.words, $0.tags).map { "\($0)\t\($1)\n" }.joined() + "\n" }.joined(), to: split + ".conll")
      let records = sentences.map { #"{"text": "\#($0.words.joined(separator: " "))", "generated_context": "\#($0.context)"}"# }
      try write(#"{"prompt": "", "data": [\#(records.joined(separator: ",\n"))]}"#, to: "contexts.\(split).json")
    }
    try write(
      """
      data: {train: train.conll, dev: dev.conll, test: test.conll}
      augmentor:
        plugin: precomputed
        options: {train: contexts.train.json, dev: contexts.dev.json, test: contexts.test.json}
      encoder: {plugin: biobert, options: {model: model}}
      decoder: {plugin: crf}
      loss: {plugin: kl-cooperative}
      training:
        epochs: 12
        batch: 3
        checkpointMinutes: 0
        learningRates: {encoder: 2e-3, classifier: 1e-2, crf: 1e-2}
      """, to: "experiment.yaml")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The path of a file in the folder.
  public func path(_ name: String) -> String { folder + "/" + name }

  /// Writes a file.
  public func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  /// Reads a file.
  public func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

  /// Where the program and its plugins are: beside the tests.
  public static let program: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/calm"
  }()

  private static func sentence(_ random: inout RandomStream) -> (words: [String], tags: [String], context: String) {
    let places = ["Bergen", "Oslo", "Lund", "Turku"], people = ["Anna", "Karl", "Mia"]
    let place = places[Int(random.next() % 4)], person = people[Int(random.next() % 3)]
    return random.next() % 2 == 0
      ? (["the", "old", "town", "of", place, "is", "quiet"], ["O", "O", "O", "O", "B-LOC", "O", "O"], "\(place) is a town")
      : ([person, "Berg", "went", "to", place, "."], ["B-PER", "I-PER", "O", "O", "B-LOC", "O"], "\(person) Berg is a person")
  }
}
