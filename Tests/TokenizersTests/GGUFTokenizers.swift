import TestSupport
import Weights

@testable import Tokenizers

extension GGUFBuilder {
  /// The tokenizer of the file.
  func tokenizer() throws -> any LanguageTokenizer {
    let folder = try TokenizerFolder(["model.gguf": bytes])
    return try withExtendedLifetime(folder) { try loadLanguageTokenizer(gguf: GGUFFile(path: folder.path + "/model.gguf")) }
  }

  /// The entry of `key` is another one.
  func replacing(_ key: String, _ change: (inout GGUFBuilder) -> Void) -> GGUFBuilder {
    var copy = self
    copy.metadata.removeAll { $0.starts(with: GGUFBuilder.string(key)) }
    change(&copy)
    return copy
  }

  /// Byte-level BPE: the special tokens, the bytes, what the merges make.
  static func byteLevel(pre: String, specials: [String], merges: [(String, String)]) -> GGUFBuilder {
    var builder = GGUFBuilder()
    func list(_ key: String, _ type: UInt32, _ values: [[UInt8]]) {
      builder.set("tokenizer.ggml." + key, arrayOf: type, count: UInt64(values.count), values.flatMap { $0 })
    }
    let bytes = (0..<256).map { String(decoding: ByteLevel.text(of: UInt8($0)), as: UTF8.self) }
    let pieces = specials + bytes + merges.map { $0.0 + $0.1 }
    builder.set("tokenizer.ggml.model", 8, string("gpt2"))
    builder.set("tokenizer.ggml.pre", 8, string(pre))
    list("tokens", 8, pieces.map { string($0) })
    list("token_type", 5, pieces.indices.map { number(Int32($0 < specials.count ? 3 : 1)) })
    list("merges", 8, merges.map { string($0.0 + " " + $0.1) })
    return builder
  }
}
