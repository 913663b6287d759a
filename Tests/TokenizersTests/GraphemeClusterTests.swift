import Testing

@testable import Tokenizers

/// The standard library's characters are the oracle, on scalars whose classes all versions of Unicode agree on.
struct GraphemeClusterTests {
  private static let scalars: [Unicode.Scalar] = Array(
    ("ae1 \r\n\t\u{300}\u{301}\u{327}\u{200D}\u{FE0F}\u{20E3}\u{200B}\u{AD}\u{1F468}\u{1F469}\u{1F467}\u{2764}\u{1F3FD}\u{1F1EB}\u{1F1F7}"
      + "\u{1100}\u{1161}\u{11A8}\u{AC00}\u{AC01}\u{D788}\u{915}\u{937}\u{94D}\u{93F}\u{93C}\u{903}\u{0E33}\u{600}\u{65E5}")
      .unicodeScalars)

  private static func ends(_ text: String) -> [Int] {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      var ends: [Int] = []
      while (ends.last ?? 0) < bytes.count { ends.append(GraphemeClusters.shared.end(in: bytes, from: ends.last ?? 0)) }
      return ends
    }
  }

  @Test func clustersAreTheStandardLibrarysCharacters() {
    var random = Generator(seed: 3)
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0...random.below(8) { text.unicodeScalars.append(Self.scalars[random.below(Self.scalars.count)]) }
      var expected: [Int] = []
      for character in text { expected.append((expected.last ?? 0) + character.utf8.count) }
      #expect(Self.ends(text) == expected, "\(text.unicodeScalars.map { String($0.value, radix: 16) })")
    }
  }
}
