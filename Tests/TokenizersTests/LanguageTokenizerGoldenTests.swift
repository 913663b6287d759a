import FoundationEssentials
import TestSupport
import Testing
import Tokenizers
import Weights

/// Ids and texts of the reference implementations, from every form in which a language model's tokenizer comes.
struct LanguageTokenizerGoldenTests {
  /// Folders with the ids of texts.
  private static let cases = Golden.folders.filter { Golden.exists("\(Golden.root)/\($0)/cases.json") }
  /// Folders with the ids of prompts.
  private static let prompts = Golden.folders.filter { folder in
    (try? Golden.json(folder + "/expected.json"))??["prompts"]?.array?.first?.object?["ids"] != nil
  }
  private static let smollm2 = "\(Golden.root)/smollm2/tokens.json"
  private static let hint: Comment = "nothing to compare under \(Golden.root); set CALM_GOLDEN to the golden folder"

  /// A folder's tokenizer from each of its files alone.
  private static func tokenizers(_ folder: String) throws -> [(name: String, tokenizer: any LanguageTokenizer)] {
    let path = "\(Golden.root)/\(folder)"
    let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    return try files.compactMap { file in
      if file.hasSuffix(".gguf") {
        return ("\(folder)/\(file)", try loadLanguageTokenizer(gguf: GGUFFile(path: "\(path)/\(file)")))
      }
      guard file == "tokenizer.model" || file == "tokenizer.json" else { return nil }
      let part = try TokenizerFolder()
      for name in [file, "tokenizer_config.json", "config.json", "generation_config.json"] where files.contains(name) {
        try FileManager.default.createSymbolicLink(atPath: "\(part.path)/\(name)", withDestinationPath: "\(path)/\(name)")
      }
      return ("\(folder)/\(file)", try part.loadLanguageTokenizer())
    }
  }

  @Test(.enabled(if: !cases.isEmpty, hint))
  func casesAreExact() throws {
    for folder in Self.cases {
      let rows = try #require(try Golden.json(folder + "/cases.json")?["cases"]?.array).compactMap(\.object)
      let tokenizers = try Self.tokenizers(folder)
      #expect(!tokenizers.isEmpty, "no tokenizer in \(folder)")
      for (name, tokenizer) in tokenizers {
        let isHuggingFace = name.hasSuffix(".json")
        var encoded = Tally(), decoded = Tally()
        for (index, row) in rows.enumerated() {
          let text = try #require(row["text"]?.string), ids = try #require(row["ids"]?.ids)
          // Their file differs from SentencePiece in two ways: where spaces are, and in that it always parses special tokens.
          let theirs = isHuggingFace ? row["hf_fast_ids"]?.ids : nil
          let parses = ["<s>", "</s>", "<unk>"].contains { text.contains($0) }
          let plain = tokenizer.encode(text, parsingSpecials: false)
          encoded.compare(plain, parses ? ids : theirs ?? ids, "\(name) case \(index)")
          if let theirs {
            encoded.compare(tokenizer.encode(text, parsingSpecials: true), theirs, "\(name) case \(index) parsed")
          }
          if let expected = row["decoded"]?.string {
            decoded.compare(
              Array(tokenizer.decode(ids).unicodeScalars), Array(expected.unicodeScalars), "\(name) decoding \(index)")
          }
        }
        encoded.check(name)
        decoded.check("decoding of \(name)")
      }
    }
  }

  @Test(.enabled(if: !prompts.isEmpty, hint))
  func promptsAreExact() throws {
    for folder in Self.prompts {
      let rows = try #require(try Golden.json(folder + "/expected.json")?["prompts"]?.array).compactMap(\.object)
      let tokenizers = try Self.tokenizers(folder)
      #expect(!tokenizers.isEmpty, "no tokenizer in \(folder)")
      for (name, tokenizer) in tokenizers {
        var tally = Tally()
        let bos = try #require(tokenizer.bos)
        #expect(tokenizer.addsBOS && tokenizer.stopTokens == [2], "\(name)")
        for (index, row) in rows.enumerated() {
          let text = try #require(row["text"]?.string), ids = try #require(row["ids"]?.ids)
          tally.compare([bos] + tokenizer.encode(text, parsingSpecials: false), ids, "\(name) prompt \(index)")
        }
        tally.check("prompts of \(name)")
      }
    }
  }

  @Test(
    .enabled(if: Golden.exists(smollm2), hint),
    .enabled(if: PretrainedModel.smollm2 != nil, "no SmolLM2; run `calm model fetch plugins.yaml`"))
  func smolLM2IsExact() throws {
    let tokenizer = try loadLanguageTokenizer(gguf: GGUFFile(path: try #require(PretrainedModel.smollm2)))
    let rows = try #require(try Golden.json("smollm2/tokens.json")?["cases"]?.array).compactMap(\.object)
    var plain = Tally(), parsed = Tally(), decoded = Tally()
    for (index, row) in rows.enumerated() {
      let text = try #require(row["text"]?.string), ids = try #require(row["ids"]?.ids)
      plain.compare(tokenizer.encode(text, parsingSpecials: false), ids, "case \(index)")
      parsed.compare(tokenizer.encode(text, parsingSpecials: true), row["ids_parse_special"]?.ids ?? ids, "case \(index)")
      // Bytes that the vocabulary lacks are lost.
      let bytes = ids.flatMap { tokenizer.bytes(of: $0) }
      if bytes.count == text.utf8.count {
        decoded.compare(Array(tokenizer.decode(ids).utf8), Array(text.utf8), "decoding \(index)")
      }
    }
    plain.check("smollm2")
    parsed.check("smollm2, special tokens parsed")
    decoded.check("decoding of smollm2")
    #expect(tokenizer.vocabularySize == 49152 && tokenizer.bos == 1 && !tokenizer.addsBOS)
    #expect(tokenizer.stopTokens == [0, 2] && tokenizer.id(ofSpecial: "<|im_end|>") == 2)
    #expect(tokenizer.id(ofSpecial: "the") == nil && tokenizer.bytes(of: 2).isEmpty)
    #expect(tokenizer.chatTemplate?.contains("<|im_start|>") == true)
  }
}
