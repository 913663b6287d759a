import PluginAPI
import Synchronization
import Tokenizers

@testable import Llama2

/// Files and augmentors for the tests of the language model.
enum LlamaFiles {
  /// A SentencePiece model with a piece for each letter, and nothing to join: 30 pieces, and further ones that no text has.
  static func sentencePiece(count: Int = 30, control: [String] = []) -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    func flag(_ number: Int) -> [UInt8] { [UInt8(number << 3 & 0x7F) | (number > 15 ? 0x80 : 0)] + (number > 15 ? [2] : []) }
    let letters = ["\u{2581}"] + "abcdefghijklmnopqrstuvwxyz".map(String.init)
    var pieces: [(text: String, kind: UInt8)] = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + control.map { ($0, 3) }
    pieces += letters.map { ($0, 1) }
    pieces += (0..<max(0, count - pieces.count)).map { ("#\($0)#", 1) }
    let listed = pieces.flatMap { piece in
      field(1, field(1, Array(piece.text.utf8)) + [2 << 3 | 5, 0, 0, 0, 0, 3 << 3, piece.kind])
    }
    // Byte-pair encoding without bytes to fall back to; a space in front, and spaces are kept.
    return listed + field(2, [3 << 3, 2] + flag(35) + [0]) + field(3, [3 << 3, 1, 4 << 3, 0])
  }

  /// An augmentor with these options; `warnings` get what it tells the user.
  static func augmentor(_ options: [String: String], warnings: Warnings? = nil) throws -> Llama2Augmentor {
    let mark = SourceMark(file: "test", line: 1, column: 1)
    let entries = options.map { name, value in
      ConfigNode.Entry(.init(name, mark: mark), ConfigNode(.scalar(value, quoted: false), mark: mark))
    }
    let decoded = try decodeOptions(Llama2Options.self, from: ConfigNode(.map(entries), mark: mark), what: "test")
    return try Llama2Augmentor(decoded, services: Services(seed: 1, cacheFolder: "/tmp") { _, text in warnings?.add(text) })
  }

  /// A request for a context.
  static func request(_ words: [String], prompt: String?) -> ContextRequest {
    ContextRequest(
      index: 0, words: words, split: "train", position: 0, splitCount: 1, prompt: prompt, random: RandomStream(seed: 1, "0"))
  }

  final class Warnings: Sendable {
    private let list = Mutex<[String]>([])
    var texts: [String] { list.withLock { $0 } }
    func add(_ text: String) { list.withLock { $0.append(text) } }
  }
}

/// A tokenizer whose ids of text are its bytes, behind the special tokens'.
struct ByteTokenizer: LanguageTokenizer {
  var specials: [String] = []
  var bos: Int32? = 0
  var addsBOS = true
  var chatTemplate: String?
  /// Which texts get a space in front: none, each, as SentencePiece does, or the one that stands alone.
  enum Space { case none, each, first }
  var space = Space.none

  static let first: Int32 = 100

  var vocabularySize: Int { 356 }
  var stopTokens: Set<Int32> { [] }

  /// Special tokens begin at 1.
  func id(ofSpecial text: String) -> Int32? { specials.firstIndex(of: text).map { Int32($0) + 1 } }

  func encode(_ text: String, parsingSpecials: Bool, isFirst: Bool) -> [Int32] {
    let isSpaced = !text.isEmpty && (space == .each || space == .first && isFirst)
    var ids: [Int32] = [], rest = Array(((isSpaced ? " " : "") + text).utf8)[...]
    while let byte = rest.first {
      if parsingSpecials, let special = specials.first(where: { rest.starts(with: Array($0.utf8)) }),
        let id = id(ofSpecial: special)
      {
        ids.append(id)
        rest = rest.dropFirst(special.utf8.count)
      } else {
        ids.append(Self.first + Int32(byte))
        rest = rest.dropFirst()
      }
    }
    return ids
  }

  func bytes(of id: Int32) -> [UInt8] { id >= Self.first && id < 356 ? [UInt8(id - Self.first)] : [] }

  func decode(_ ids: [Int32]) -> String { String(decoding: ids.flatMap(bytes), as: UTF8.self) }

  /// Ids with the special tokens in angle brackets, for comparison by eye.
  func shown(_ ids: [Int32]) -> String {
    ids.map { id in
      if id == 0 { return "⟨bos⟩" }
      return id < Self.first ? "⟨\(specials[Int(id) - 1])⟩" : String(UnicodeScalar(UInt8(id - Self.first)))
    }.joined()
  }
}
