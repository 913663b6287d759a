import FoundationEssentials
import Tokenizers

/// Recorded ids of the reference implementation: where they are, and the tokenizer of each column.
enum Golden {
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

  /// A file of the golden folder; nil where it is not there.
  static func json(_ path: String) throws -> [String: JSONValue]? {
    guard exists("\(root)/\(path)") else { return nil }
    return try JSONDecoder().decode([String: JSONValue].self, from: try Data(contentsOf: URL(filePath: "\(root)/\(path)")))
  }

  /// The folders, sorted.
  static let folders: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()

  static func pairs() throws -> [String: [[String: JSONValue]]] {
    let data = try Data(contentsOf: URL(filePath: pairsFile))
    return try JSONDecoder().decode([String: [[String: JSONValue]]].self, from: data)
  }

  /// Keys that hold no tokenizer's answer, and those of another library.
  private static func isColumn(_ key: String) -> Bool {
    let inputs = ["id", "text", "words", "a", "b", "ids", "max_length", "only_second_max_length"]
    return !inputs.contains(key) && !key.hasSuffix("_sentencepiece")
  }

  /// The columns among the keys, without derived ones.
  static func columns(_ rows: [[String: JSONValue]]) -> [String] {
    let endings = ["_token_type_ids", "_trunc_longest_first", "_trunc_only_second", "_decoded_skip_special", "_decoded"]
    var columns: Set<String> = []
    for key in rows.lazy.flatMap(\.keys) where isColumn(key) {
      var name = key
      if name.hasPrefix("pretok_") { name.removeFirst("pretok_".count) }
      if let ending = endings.first(where: { name.hasSuffix($0) }) { name.removeLast(ending.count) }
      columns.insert(name)
    }
    return columns.sorted()
  }

  /// Every tokenizer that a column belongs to, with how it was loaded. NAME_cased and NAME_uncased are WordPiece
  /// vocabularies, read in that case; any other name is a folder.
  static func tokenizers(_ column: String) throws -> [(name: String, tokenizer: any Tokenizer)] {
    let lowercases = column.hasSuffix("_uncased")
    guard lowercases || column.hasSuffix("_cased") else { return try tokenizers(folder: column) }
    let name = String(column.dropLast(lowercases ? "_uncased".count : "_cased".count))
    let options = WordPieceOptions(lowercases: lowercases)
    let files = ["\(root)/tokenization/\(name)_vocab.txt", "\(root)/\(name)/vocab.txt"].filter(exists)
    let folders = try FileManager.default.contentsOfDirectory(atPath: root).sorted().filter { folder in
      (folder == name || folder.hasPrefix(name + "_")) && exists("\(root)/\(folder)/vocab.txt")
    }
    return try files.map { ($0, try WordPieceTokenizer(vocabularyFile: $0, options: options)) }
      + folders.flatMap { try tokenizers(folder: $0) }.filter { ($0.tokenizer as? WordPieceTokenizer)?.options == options }
  }

  /// A folder's tokenizer, from each set of files alone that it can be made of.
  private static func tokenizers(folder: String) throws -> [(name: String, tokenizer: any Tokenizer)] {
    let ways = [["tokenizer.json"], ["sentencepiece.bpe.model"], ["vocab.json", "merges.txt"], ["vocab.txt"]]
    let found = ways.filter { $0.allSatisfy { exists("\(root)/\(folder)/\($0)") } }
    return try found.map { files in
      let part = try TokenizerFolder()
      for file in files + ["tokenizer_config.json"] where exists("\(root)/\(folder)/\(file)") {
        try FileManager.default.createSymbolicLink(
          atPath: part.path + "/" + file, withDestinationPath: "\(root)/\(folder)/\(file)")
      }
      return ("\(folder)/\(files[0])", try loadTokenizer(folder: part.path))
    }
  }
}

enum JSONValue: Decodable {
  case integer(Int)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else if let value = try? container.decode([String: JSONValue].self) {
      self = .object(value)
    } else {
      self = .other
    }
  }

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  var ids: [Int32]? { array?.compactMap { $0.integer.map(Int32.init) } }
}
