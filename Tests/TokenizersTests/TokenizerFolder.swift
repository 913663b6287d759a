import FoundationEssentials
import Tokenizers

/// A model folder that goes away with its last reference.
final class TokenizerFolder: Sendable {
  let path: String

  init(_ files: [String: [UInt8]] = [:]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "tokenizer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, bytes) in files { try Data(bytes).write(to: url.appending(path: name)) }
    path = url.path
  }

  convenience init(texts: [String: String]) throws { try self.init(texts.mapValues { Array($0.utf8) }) }

  /// A `vocab.txt`, and a `tokenizer_config.json` if it is given.
  convenience init(pieces: [String], configuration: String? = nil, lineEnd: String = "\n") throws {
    var texts = ["vocab.txt": pieces.map { $0 + lineEnd }.joined()]
    texts["tokenizer_config.json"] = configuration
    try self.init(texts: texts)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load() throws(TokenizerError) -> any Tokenizer { try loadTokenizer(folder: path) }

  func loadLanguageTokenizer() throws(TokenizerError) -> any LanguageTokenizer {
    try Tokenizers.loadLanguageTokenizer(folder: path)
  }
}
