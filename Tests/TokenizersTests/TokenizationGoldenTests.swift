import FoundationEssentials
import Testing
import Tokenizers

struct TokenizationGoldenTests {
  @Test(.enabled(if: Golden.exists(Golden.casesFile), "no \(Golden.casesFile); set CALM_GOLDEN to the golden folder"))
  func casesAreExact() throws {
    let cases = try Golden.cases()
    let columns = Golden.columns(cases)
    #expect(!columns.isEmpty)
    for column in columns {
      let tokenizers = try Golden.tokenizers(column)
      #expect(!tokenizers.isEmpty, "no tokenizer for the column \(column)")
      var whole = Tally()
      var split = Tally()
      for (name, tokenizer) in tokenizers {
        for (index, row) in cases.enumerated() {
          let text = try #require(row["text"]?.string)
          if let value = row[column] {
            whole.compare(tokenizer.encode(text), try #require(value.ids, "case \(index)"), "\(name) case \(index)")
          }
          guard let value = row["pretok_" + column] else { continue }
          let expected = try #require(value.array, "case \(index)")
          let words = try #require(row["words"]?.array).compactMap(\.string)
          let encoded = tokenizer.encode(words: words)
          split.compare([encoded.ids, encoded.wordIDs], expected.compactMap(\.ids), "\(name) case \(index) in words")
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
      let tokenizers = try Golden.tokenizers(column)
      #expect(!tokenizers.isEmpty, "no tokenizer for the column \(column)")
      var tally = Tally()
      for (name, tokenizer) in tokenizers {
        for (index, row) in pairs.enumerated() {
          try comparePair(row, column, tokenizer, "\(name) pair \(index)", &tally)
        }
        for (index, row) in texts.enumerated() {
          let ids = try #require(row["ids"]?.ids)
          for (ending, skips) in [("_decoded_skip_special", true), ("_decoded", false)] {
            guard let text = row[column + ending]?.string else { continue }
            let decoded = tokenizer.decode(ids, skipSpecialTokens: skips)
            tally.compare(Array(decoded.unicodeScalars), Array(text.unicodeScalars), "\(name) decode \(index)")
          }
        }
      }
      tally.check("pairs and decoding of \(column)")
    }
  }

  private func comparePair(
    _ row: [String: JSONValue], _ column: String, _ tokenizer: any Tokenizer, _ name: String, _ tally: inout Tally
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
