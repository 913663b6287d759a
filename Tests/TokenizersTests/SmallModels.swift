import FoundationEssentials

/// Tokenizers small enough to follow by hand, in each form of file.
enum SmallModels {
  static let charsMap = charsMapBlob([
    ("\u{FB01}", "fi"), ("e\u{301}", "\u{E9}"), ("\u{BD}", "1\u{2044}2"), ("\u{200B}", ""), ("\u{3000}", " "),
    ("\u{FF5E}", "~"), ("\n", " "), ("\t", " "), ("\u{FF1C}", "<"), ("\u{FF1E}", ">"), ("A", "a"),
  ])

  /// Pieces behind "<unk>", "<s>" and "</s>", as SentencePiece orders them.
  static let pieces: [(text: String, score: Float)] = [
    ("\u{2581}", -3), ("a", -4), ("b", -4), ("c", -5), ("ab", -6), ("\u{2581}a", -5), ("\u{2581}ab", -5.5), ("\u{E9}", -7),
    ("f", -5), ("i", -5), ("fi", -6), ("1", -5), ("2", -5), ("s", -5), ("bc", -8), ("abc", -9), (".", -4), ("<", -6), (">", -6),
  ]

  /// A protobuf of pieces, a trainer's specification and a normaliser's.
  static func sentencePiece(
    pieces: [(text: String, score: Float)] = pieces, modelType: UInt8 = 1, firstKind: UInt8 = 2, charsMap: [UInt8] = charsMap
  ) -> [UInt8] {
    func varint(_ value: Int) -> [UInt8] {
      value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2] + varint(bytes.count) + bytes }
    func piece(_ text: String, _ score: Float, _ kind: UInt8) -> [UInt8] {
      let bits = (0..<4).map { UInt8(truncatingIfNeeded: score.bitPattern >> (8 * $0)) }
      return field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + bits + [3 << 3, kind])
    }
    return piece("<unk>", 0, firstKind) + piece("<s>", 0, 3) + piece("</s>", 0, 3)
      + pieces.flatMap { piece($0.text, $0.score, 1) } + field(2, [3 << 3, modelType])
      + field(3, field(1, Array("nmt_nfkc".utf8)) + field(2, charsMap))
  }

  /// The same model as `tokenizer.json`.
  static let unigramJSON: String = {
    let all = [("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0)] + pieces + [("<mask>", 0)]
    let vocabulary = all.map { "[\"\($0.0)\", \($0.1)]" }.joined(separator: ", ")
    let mask = all.count - 1
    let added = [("<s>", 0), ("<pad>", 1), ("</s>", 2), ("<unk>", 3), ("<mask>", mask)].map { text, id in
      #"{"id": \#(id), "content": "\#(text)", "single_word": false, "lstrip": \#(text == "<mask>"), "rstrip": false,"#
        + #" "normalized": false, "special": true}"#
    }
    return """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [\(added.joined(separator: ", "))],
       "normalizer": {"type": "Precompiled", "precompiled_charsmap": "\(Data(charsMap).base64EncodedString())"},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
         {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true}]},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
           {"SpecialToken": {"id": "</s>", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
           {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}},
           {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
         "special_tokens": {"</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
           "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true},
       "model": {"type": "Unigram", "unk_id": 3, "vocab": [\(vocabulary)], "byte_fallback": false}}
      """
  }()

  static let merges = [
    ("\u{120}", "a"), ("a", "b"), ("ab", "c"), ("\u{120}a", "b"), ("t", "h"), ("th", "e"), ("\u{120}", "the"), ("'", "s"),
    ("\u{C3}", "\u{A9}"),
    ("\u{120}", "\u{120}"),
  ]

  /// RoBERTa's five special tokens, the bytes in GPT-2's writing, and what the merges make.
  static let bytePieces: [String] = {
    var next: UInt32 = 0x100
    let bytes = (UInt32(0)..<256).compactMap { byte -> String? in
      if 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte { return Unicode.Scalar(byte).map(String.init) }
      defer { next += 1 }
      return Unicode.Scalar(next).map(String.init)
    }
    return ["<s>", "<pad>", "</s>", "<unk>"] + bytes + merges.map { $0.0 + $0.1 } + ["<mask>"]
  }()

  static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }

  static let vocabularyJSON =
    "{" + bytePieces.enumerated().map { "\(quoted($0.element)): \($0.offset)" }.joined(separator: ", ") + "}"

  static let mergesText = "#version: 0.2\n" + merges.map { "\($0.0) \($0.1)\n" }.joined()

  static let bytePairJSON: String = {
    let listed = merges.map { "[\(quoted($0.0)), \(quoted($0.1))]" }.joined(separator: ", ")
    let mask = bytePieces.count - 1
    let added = [("<s>", 0), ("<pad>", 1), ("</s>", 2), ("<unk>", 3), ("<mask>", mask)].map { text, id in
      #"{"id": \#(id), "content": "\#(text)", "single_word": false, "lstrip": \#(text == "<mask>"), "rstrip": false,"#
        + #" "normalized": false, "special": true}"#
    }
    return """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [\(added.joined(separator: ", "))],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
       "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
         "add_prefix_space": false},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "",
         "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": \(vocabularyJSON), "merges": [\(listed)]}}
      """
  }()

  static let wordPieceJSON = """
    {"version": "1.0", "truncation": null, "padding": null,
     "added_tokens": [{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
       "special": true}, {"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}],
     "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
       "lowercase": true},
     "pre_tokenizer": {"type": "BertPreTokenizer"},
     "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
     "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
     "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
       "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "un": 5, "##able": 6, "##aff": 7, "e": 8}}}
    """
}
