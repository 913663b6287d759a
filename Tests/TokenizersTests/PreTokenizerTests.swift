import Testing

@testable import Tokenizers

struct PreTokenizerTests {
  private static let fragments = [
    "'s", "'S", "'re", "'RE", "'lL", "'ve", "'d", "'m", "'t", "'", "''", " ", "  ", "\t", "\n", "\r\n", "\n\n", " \n", "a", "B",
    "é", "ß", "日本", "1", "12", "1234", "12345678", "٣٤", "½", "Ⅷ", "!", "?!", "...", "-", "_", "$", "\u{A0}", "\u{3000}",
    "\u{85}", "\u{200B}", "🙂", "\u{301}", "the", "The", "ing", "\u{2028}", "\0", "\u{7F}", "x1y", "\u{17F}",
  ]

  private static func words(_ text: String, _ splitter: PreTokenizer) -> [String] {
    var words: [String] = []
    UTF8Coding.withBytes(text) { bytes in
      splitter.forEachWord(in: bytes) { words.append(String(decoding: $0, as: UTF8.self)) }
    }
    return words
  }

  /// The words that a regular expression finds one after the other, and what is between them.
  private static func words(_ text: String, _ expression: Regex<Substring>) -> [String] {
    text.matches(of: expression.matchingSemantics(.unicodeScalar)).map { String($0.output) }
  }

  @Test func byHand() {
    #expect(
      Self.words("I'm 12345 \n\n ok!\n x", .llama3(digits: 3)) == ["I", "'m", " ", "123", "45", " \n\n", " ok", "!\n", " x"])
    #expect(Self.words("1234", .llama3(digits: 1)) == ["1", "2", "3", "4"])
    #expect(
      Self.words("a  \n", .llama3(digits: 3)) == ["a", "  \n"] && Self.words("a   b", .llama3(digits: 3)) == ["a", "  ", " b"])
    #expect(Self.words("'SHE (x)\tz", .llama3(digits: 3)) == ["'S", "HE", " (", "x", ")", "\tz"])
    #expect(Self.words("a 12 b1", .digitsApart) == ["a", " ", "1", "2", " b", "1"])
    #expect(Self.words("a 12 b1", .gpt2) == ["a", " 12", " b", "1"])
  }

  @Test func theLongS() {
    #expect(Self.words("'\u{17F}a", .llama3(digits: 3)) == ["'\u{17F}a"])
    #expect(Self.words("'\u{17F}a", .llama3(digits: 3, longS: true)) == ["'\u{17F}", "a"])
  }

  @Test func equalTheExpressions() throws {
    let three = try Regex<Substring>(
      #"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
    let gpt2 = try Regex<Substring>(#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)
    var random = Generator(seed: 31)
    for _ in 0..<1500 {
      let text = (0..<1 + random.below(10)).map { _ in Self.fragments[random.below(Self.fragments.count)] }.joined()
      #expect(Self.words(text, .llama3(digits: 3)) == Self.words(text, three), "\(text.debugDescription)")
      #expect(Self.words(text, .gpt2) == Self.words(text, gpt2), "\(text.debugDescription)")
      for splitter in [PreTokenizer.digitsApart, .llama3(digits: 1), .llama3(digits: 3, longS: true)] {
        #expect(Array(Self.words(text, splitter).joined().utf8) == Array(text.utf8))
      }
    }
  }
}
