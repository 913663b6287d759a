import TestSupport

@testable import Tokenizers

/// A small model with SentencePiece's byte-pair encoding, in each form in which such models come.
struct PieceModelFiles {
  typealias Kind = PiecePairModel.Kind

  /// Text, score and kind of each piece.
  var pieces: [(text: String, score: Float, kind: Kind)]
  var fallsBackToBytes = true
  var addsPrefix = true
  var removesExtraSpaces = false
  var modelType: UInt8 = 2
  /// How `tokenizer.json` puts a space in front, where not by normalising each stretch: its `prepend_scheme`.
  var scheme: String?
  var charsMap: [UInt8] = []
  /// Further fields of the trainer's and the normaliser's specification.
  var trainer: [UInt8] = []
  var normalizer: [UInt8] = []

  /// "<unk>", "<s>", "</s>", the bytes where they are wanted, then `texts`, each with a lower score than the one before it.
  init(_ texts: [String], bytes: Bool = true) {
    let digits = Array("0123456789ABCDEF")
    pieces = [("<unk>", 0, .unknown), ("<s>", 0, .control), ("</s>", 0, .control)]
    if bytes { pieces += (0..<256).map { ("<0x\(digits[$0 / 16])\(digits[$0 % 16])>", 0, .byte) } }
    pieces += texts.enumerated().map { ($0.element, -Float($0.offset), .normal) }
    fallsBackToBytes = bytes
  }

  func id(_ text: String) -> Int32 { Int32(pieces.firstIndex { $0.text == text } ?? -1) }

  /// `tokenizer.model`.
  var sentencePiece: [UInt8] {
    func varint(_ value: Int) -> [UInt8] {
      value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2] + varint(bytes.count) + bytes }
    func flag(_ number: Int, _ value: Bool) -> [UInt8] { varint(number << 3) + [value ? 1 : 0] }
    let pieces = pieces.flatMap { text, score, kind in
      field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + GGUFBuilder.number(score.bitPattern) + [3 << 3, kind.rawValue])
    }
    return pieces + field(2, [3 << 3, modelType] + flag(35, fallsBackToBytes) + trainer)
      + field(3, field(2, charsMap) + flag(3, addsPrefix) + flag(4, removesExtraSpaces) + normalizer)
  }

  /// The GGUF file of the same model.
  var gguf: GGUFBuilder {
    var builder = GGUFBuilder()
    func list(_ key: String, _ type: UInt32, _ values: [[UInt8]]) {
      builder.set("tokenizer.ggml." + key, arrayOf: type, count: UInt64(values.count), values.flatMap { $0 })
    }
    builder.set("tokenizer.ggml.model", 8, GGUFBuilder.string("llama"))
    list("tokens", 8, pieces.map { GGUFBuilder.string($0.text) })
    list("scores", 6, pieces.map { GGUFBuilder.number($0.score.bitPattern) })
    list("token_type", 5, pieces.map { GGUFBuilder.number(Int32($0.kind.rawValue)) })
    builder.set("tokenizer.ggml.bos_token_id", 4, GGUFBuilder.number(UInt32(1)))
    builder.set("tokenizer.ggml.eos_token_id", 4, GGUFBuilder.number(UInt32(2)))
    builder.set("tokenizer.ggml.add_space_prefix", 7, [addsPrefix ? 1 : 0])
    return builder
  }

  /// `tokenizer.json` of the same model, as files of Llama 2 have it: merges are listed in the order of scores.
  var json: String {
    func listed(_ piece: (text: String, score: Float, kind: Kind)) -> [String] {
      let scalars = Array(piece.text.unicodeScalars)
      return scalars.indices.dropFirst().compactMap { cut in
        let parts = [scalars[..<cut], scalars[cut...]].map { String(String.UnicodeScalarView($0)) }
        return parts.allSatisfy { id($0) >= 0 } ? "[\(parts.map(SmallModels.quoted).joined(separator: ", "))]" : nil
      }
    }
    let merges = pieces.filter { $0.kind == .normal }.flatMap(listed)
    let vocabulary = pieces.enumerated().map { "\(SmallModels.quoted($0.element.text)): \($0.offset)" }
    let added = [("<unk>", 0), ("<s>", 1), ("</s>", 2)].map { text, id in
      #"{"id": \#(id), "content": "\#(text)", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,"#
        + #" "special": true}"#
    }
    let prepends = """
      {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u{2581}"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"}]}
      """
    let metaspace = scheme.map {
      #"{"type": "Metaspace", "replacement": "\#u{2581}", "prepend_scheme": "\#($0)", "split": false}"#
    }
    return """
      {"version": "1.0", "added_tokens": [\(added.joined(separator: ", "))],
       "normalizer": \(scheme == nil ? prepends : "null"), "pre_tokenizer": \(metaspace ?? "null"),
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
           {"Sequence": {"id": "B", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
       "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u{2581}"}, "content": " "},
         {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
       "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
         "ignore_merges": false, "vocab": {\(vocabulary.joined(separator: ", "))}, "merges": [\(merges.joined(separator: ", "))]}}
      """
  }

  /// The tokenizer of each form; of the first alone where a model has what the others cannot say.
  func tokenizers(all: Bool = true) throws -> [any LanguageTokenizer] {
    let model = try TokenizerFolder(["tokenizer.model": sentencePiece]).loadLanguageTokenizer()
    if !all { return [model] }
    return [model, try TokenizerFolder(texts: ["tokenizer.json": json]).loadLanguageTokenizer(), try gguf.tokenizer()]
  }
}
