import FoundationEssentials
import PluginAPI

/// `results.json` of a run.
struct RunResults: Encodable, Sendable {
  struct Split: Codable, Sendable {
    var with: Scores?
    var without: Scores
  }
  struct Cut: Codable, Sendable {
    var contextWords = 0, contextsCut = 0, sentencesWindowed = 0
    init() {}
    init(_ truncation: TruncationLedger) {
      contextWords = truncation.contextWords
      contextsCut = truncation.contextsCut
      sentencesWindowed = truncation.sentencesWindowed
    }

    static func + (a: Cut, b: Cut) -> Cut {
      var sum = a
      sum.contextWords += b.contextWords
      sum.contextsCut += b.contextsCut
      sum.sentencesWindowed += b.sentencesWindowed
      return sum
    }
  }

  var splits: [String: Split]
  var seed: UInt64
  var bestEpoch: Int
  var epochs: [EpochRow]
  /// What did not fit into the encoder, training and evaluation together.
  var truncation: Cut

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (name, split) in splits { try container.encode(split, forKey: Key(name)) }
    try container.encode(seed, forKey: Key("seed"))
    try container.encode(bestEpoch, forKey: Key("bestEpoch"))
    try container.encode(epochs, forKey: Key("epochs"))
    try container.encode(truncation, forKey: Key("truncation"))
  }

  var json: String { prettyJSON(self) }

  /// Micro P, R and F1 of each split and view.
  var table: String {
    var rows: [[String]] = []
    for name in Corpus.order {
      guard let split = splits[name] else { continue }
      for (view, scores) in [("with context", split.with), ("without", split.without)] {
        guard let micro = scores?.micro else { continue }
        rows.append([name, view, percent(micro.precision), percent(micro.recall), percent(micro.f1), String(micro.support)])
      }
    }
    return TextTable(header: ["split", "view", "precision", "recall", "F1", "entities"], rows: rows).description
  }
}

/// Indented JSON with sorted keys.
func prettyJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
