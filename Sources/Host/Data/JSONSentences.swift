import FoundationEssentials
import PluginAPI

/// Labelled sentences as JSON Lines, an object each, as Hugging Face's data sets have them: `tokens`, and `ner_tags` as names or as
/// numbers of names.
enum JSONSentences {
  private struct Line: Decodable {
    var words: [String]
    var tags: [Tag]

    enum Tag: Decodable {
      case name(String), number(Int)

      init(from decoder: any Swift.Decoder) throws {
        let value = try decoder.singleValueContainer()
        self = try (try? value.decode(Int.self)).map(Self.number) ?? .name(value.decode(String.self))
      }
    }

    private enum CodingKeys: String, CodingKey { case tokens, words, ner_tags, tags, labels }

    init(from decoder: any Swift.Decoder) throws {
      let object = try decoder.container(keyedBy: CodingKeys.self)
      words = try object.decode([String].self, forKey: object.contains(.tokens) ? .tokens : .words)
      let key = [CodingKeys.ner_tags, .tags].first(where: object.contains) ?? .labels
      tags = try object.decode([Tag].self, forKey: key)
    }
  }

  /// Whether a file is of this kind rather than of columns.
  static func recognise(_ bytes: [UInt8]) -> Bool {
    bytes.first { $0 != 0x20 && !(0x09...0x0D).contains($0) } == UInt8(ascii: "{")
  }

  /// - Parameter names: of the tags that are numbers, from 0.
  static func parse(_ bytes: [UInt8], path: String, names: [String]) throws -> Dataset {
    var faults = FaultList(), sentences: [Sentence] = []
    for (i, text) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard text.contains(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) else { continue }
      func fault(_ message: String, hint: String? = nil) {
        faults.add(Diagnostic("D212", message, mark: SourceMark(file: path, line: i + 1, column: 1), hint: hint))
      }
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
        fault("no labelled sentence", hint: #"write {"tokens": ["Anna", "sings"], "ner_tags": ["B-PER", "O"]} a line"#)
        continue
      }
      guard line.words.count == line.tags.count else {
        fault("\(line.words.count) tokens, but \(line.tags.count) tags")
        continue
      }
      var tags: [String] = []
      for tag in line.tags {
        switch tag {
        case .name(let name): tags.append(name)
        case .number(let number) where names.indices.contains(number): tags.append(names[number])
        case .number(let number):
          fault(
            names.isEmpty ? "the tag \(number) is a number" : "there is no tag \(number) among \(names.count) names",
            hint: "give the names in their order, as the data set's card has them: --names O,B-PER,I-PER")
        }
      }
      guard tags.count == line.words.count, !line.words.isEmpty else { continue }
      sentences.append(Sentence(words: line.words, tags: tags, line: i + 1, document: 0))
    }
    guard faults.isEmpty else { throw faults.diagnostics }
    return Dataset(path: path, sentences: sentences)
  }

  static func text(_ sentences: [Sentence]) throws -> String {
    struct Line: Encodable { var tokens: [String], ner_tags: [String] }
    return try sentences.map { try jsonLine(Line(tokens: $0.words, ner_tags: $0.tags)) + "\n" }.joined()
  }
}
