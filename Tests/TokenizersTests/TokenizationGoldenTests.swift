import FoundationEssentials
import Testing
import Tokenizers

/// Recorded ids of the reference implementation. Every case and every WordPiece column that the folder holds is compared;
/// a column NAME_cased or NAME_uncased belongs to the vocabulary NAME.
private enum Golden {
  static let root: String = {
    if let path = ProcessInfo.processInfo.environment["CALM_GOLDEN"], !path.isEmpty { return path }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appending(path: "shared/golden").path
  }()

  static let casesFile = root + "/tokenization/cases.jsonl"
  static let pairsFile = root + "/tokenization/pairs.json"

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func cases() throws -> [[String: JSONValue]] {
    let data = try Data(contentsOf: URL(filePath: casesFile))
    return try data.split(separator: UInt8(ascii: "\n")).map { line in
      try JSONDecoder().decode([String: JSONValue].self, from: Data(line))
    }
  }

  static func pairs() throws -> [String: [[String: JSONValue]]] {
    let data = try Data(contentsOf: URL(filePath: pairsFile))
    return try JSONDecoder().decode([String: [[String: JSONValue]]].self, from: data)
  }

  /// The WordPiece columns among the keys, without derived ones.
  static func columns(_ rows: [[String: JSONValue]]) -> [String] {
    let endings = ["_token_type_ids", "_trunc_longest_first", "_trunc_only_second", "_decoded_skip_special", "_decoded"]
    var columns: Set<String> = []
    for key in rows.lazy.flatMap(\.keys) {
      var name = key
      if name.hasPrefix("pretok_") { name.removeFirst("pretok_".count) }
      if let ending = endings.first(where: { name.hasSuffix($0) }) { name.removeLast(ending.count) }
      if name.hasSuffix("_cased") || name.hasSuffix("_uncased") { columns.insert(name) }
    }
    return columns.sorted()
  }

  /// The vocabulary of a column, and every model folder with that name which loads in the same case.
  static func tokenizers(_ column: String) throws -> [WordPieceTokenizer] {
    let lowercases = column.hasSuffix("_uncased")
    let name = String(column.dropLast(lowercases ? "_uncased".count : "_cased".count))
    let options = WordPieceOptions(lowercases: lowercases)
    let file = try #require(
      ["\(root)/tokenization/\(name)_vocab.txt", "\(root)/\(name)/vocab.txt"].first(where: exists),
      "no vocabulary for the column \(column)")
    let folders = try FileManager.default.contentsOfDirectory(atPath: root).sorted().filter { folder in
      (folder == name || folder.hasPrefix(name + "_")) && exists("\(root)/\(folder)/vocab.txt")
    }
    return try [WordPieceTokenizer(vocabularyFile: file, options: options)]
      + folders.map { try WordPieceTokenizer(folder: "\(root)/\($0)") }.filter { $0.options == options }
  }
}

private enum JSONValue: Decodable {
  case integer(Int)
  case string(String)
  case array([JSONValue])
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .other
    }
  }

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  var ids: [Int32]? { array?.compactMap { $0.integer.map(Int32.init) } }
}

/// Counts comparisons and keeps the first failures: hundreds of long differences would tell no more.
private struct Tally {
  private(set) var compared = 0
  private(set) var failed = 0
  private var examples: [String] = []

  mutating func compare<Value: Equatable>(_ got: Value, _ expected: Value, _ what: @autoclosure () -> String) {
    compared += 1
    if got == expected { return }
    failed += 1
    if examples.count < 3 { examples.append("\(what()): got \(got), expected \(expected)") }
  }

  func check(_ name: String) {
    print("\(name): \(compared - failed) of \(compared) exact")
    #expect(compared > 0, "\(name): nothing to compare")
    #expect(failed == 0, "\(name): \(failed) of \(compared) differ: \(examples.joined(separator: "; "))")
  }
}

struct TokenizationGoldenTests {
  @Test(.enabled(if: Golden.exists(Golden.casesFile), "no \(Golden.casesFile); set CALM_GOLDEN to the golden folder"))
  func casesAreExact() throws {
    let cases = try Golden.cases()
    let columns = Golden.columns(cases)
    #expect(!columns.isEmpty)
    for column in columns {
      var whole = Tally()
      var split = Tally()
      for tokenizer in try Golden.tokenizers(column) {
        for (index, row) in cases.enumerated() {
          let text = try #require(row["text"]?.string)
          if let value = row[column] {
            whole.compare(tokenizer.encode(text), try #require(value.ids, "case \(index)"), "case \(index)")
          }
          guard let value = row["pretok_" + column] else { continue }
          let expected = try #require(value.array, "case \(index)")
          let words = try #require(row["words"]?.array).compactMap(\.string)
          let encoded = tokenizer.encode(words: words)
          split.compare([encoded.ids, encoded.wordIDs], expected.compactMap(\.ids), "case \(index) in words")
          let pieces = words.flatMap { tokenizer.pieces(of: $0) }
          #expect(encoded.ids == [tokenizer.specialTokens.cls] + pieces + [tokenizer.specialTokens.sep])
        }
      }
      // A column may exist for words only.
      if whole.compared > 0 || split.compared == 0 { whole.check(column) }
      if split.compared > 0 { split.check("pretok_" + column) }
    }
  }

  @Test(.enabled(if: Golden.exists(Golden.pairsFile), "no \(Golden.pairsFile); set CALM_GOLDEN to the golden folder"))
  func pairsAndDecodingAreExact() throws {
    let sections = try Golden.pairs()
    let pairs = sections["pairs"] ?? []
    let texts = sections["decode"] ?? []
    for column in Golden.columns(pairs + texts) {
      var tally = Tally()
      for tokenizer in try Golden.tokenizers(column) {
        for (index, row) in pairs.enumerated() {
          try comparePair(row, column, tokenizer, "pair \(index)", &tally)
        }
        for (index, row) in texts.enumerated() {
          let ids = try #require(row["ids"]?.ids)
          for (ending, skips) in [("_decoded_skip_special", true), ("_decoded", false)] {
            guard let text = row[column + ending]?.string else { continue }
            let decoded = tokenizer.decode(ids, skipSpecialTokens: skips)
            tally.compare(Array(decoded.unicodeScalars), Array(text.unicodeScalars), "decode \(index)")
          }
        }
      }
      tally.check("pairs and decoding of \(column)")
    }
  }

  private func comparePair(
    _ row: [String: JSONValue], _ column: String, _ tokenizer: WordPieceTokenizer, _ name: String, _ tally: inout Tally
  ) throws {
    let (a, b) = (try #require(row["a"]?.string), try #require(row["b"]?.string))
    let encoded = tokenizer.encode(a, pair: b)
    if let ids = row[column]?.ids { tally.compare(encoded.ids, ids, name) }
    if let types = row[column + "_token_type_ids"]?.ids { tally.compare(encoded.typeIDs, types, name + " types") }
    let strategies: [(String, String, Truncation)] = [
      ("_trunc_longest_first", "max_length", .longestFirst),
      ("_trunc_only_second", "only_second_max_length", .onlySecond),
    ]
    for (ending, lengthKey, truncation) in strategies {
      guard let ids = row[column + ending]?.ids else { continue }
      let maxLength = try #require(row[lengthKey]?.integer)
      let cut = try tokenizer.encode(a, pair: b, maxLength: maxLength, truncation: truncation)
      tally.compare(cut.ids, ids, name + ending)
    }
  }
}
