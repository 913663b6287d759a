import PluginAPI
import Testing

@testable import Host

@Suite("Errors of tagging") struct TaggingErrorTests {
  private func kinds(_ gold: String, _ said: String) -> (correct: Int, errors: [TaggingError]) {
    let matching = EntityMatching(
      gold: gold.split(separator: " ").map(String.init), predicted: said.split(separator: " ").map(String.init))
    return (matching.correct.count, matching.mistakes.map(\.error))
  }

  @Test func eachKind() {
    #expect(kinds("B-A I-A O", "B-A I-A O") == (1, []))
    #expect(kinds("B-A I-A O", "B-A O O") == (0, [.boundary]))
    #expect(kinds("B-A I-A O", "B-B I-B O") == (0, [.type]))
    #expect(kinds("B-A I-A O", "O B-B I-B") == (0, [.boundaryAndType]))
    #expect(kinds("B-A I-A O", "O O O") == (0, [.missed]))
    #expect(kinds("O O O", "O B-A O") == (0, [.spurious]))
  }

  /// One prediction over two entities explains one of them; the other is missed. The right type is preferred.
  @Test func eachIsMatchedOnce() {
    #expect(kinds("B-A B-B O", "B-B I-B O") == (0, [.boundary, .missed]))
    #expect(kinds("B-A I-A I-A", "B-A B-A B-A") == (0, [.boundary, .spurious, .spurious]))
  }

  /// Every gold entity and every prediction is counted exactly once, whatever the tags.
  @Test func countsAddUp() {
    var random = RandomStream(seed: 5, "errors")
    let tags = ["O", "O", "B-A", "I-A", "B-B", "I-B"]
    for _ in 0..<500 {
      func sequence() -> [String] { (0..<8).map { _ in tags[Int(random.next() % 6)] } }
      let gold = sequence(), said = sequence()
      let matching = EntityMatching(gold: gold, predicted: said)
      let right = matching.correct.count
      #expect(right + matching.mistakes.count { $0.gold != nil } == Entity.entities(in: gold).count)
      #expect(right + matching.mistakes.count { $0.predicted != nil } == Entity.entities(in: said).count)
      #expect(right == Set(Entity.entities(in: gold)).intersection(Entity.entities(in: said)).count)
    }
  }
}
