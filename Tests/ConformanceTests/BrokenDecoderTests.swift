import PluginAPI
import Testing

@testable import CRF
@testable import Host

@Suite("Laws: decoders that break them")
struct BrokenDecoderTests {
  private static let shape = Shape(width: 5, tags: ["O", "A", "B"])

  private func toy(_ fault: ToyDecoder.Fault?, provides: Set<PosteriorPart> = Set(PosteriorPart.allCases)) -> ToyDecoder {
    ToyDecoder(fault, width: 5, tags: 3, provides: provides)
  }

  @Test func anHonestDecoderKeepsThemAll() {
    expectKept(checkDecoder(toy(nil), shape: Self.shape))
  }

  @Test(arguments: ToyDecoder.Fault.allCases)
  func eachFaultIsCaught(fault: ToyDecoder.Fault) {
    expectBroken(fault.law, in: checkDecoder(toy(fault), shape: Self.shape))
  }

  /// A decoder without a partition function is held to what it says it gives.
  @Test func whatIsNotProvidedIsNotAskedFor() {
    let laws = checkDecoder(toy(nil, provides: [.tokenScores, .marginals]), shape: Self.shape)
    expectKept(
      laws,
      untried: [
        "the partition function agrees with brute force", "no gold score is above the partition function",
        "marginals agree with brute force", "the best path is optimal",
        "the gradient of the log-partition agrees with finite differences",
        "the gradient of the gold score agrees with finite differences",
      ])
    expectBroken(
      "marginals sum to one", in: checkDecoder(toy(.unnormalised, provides: [.tokenScores, .marginals]), shape: Self.shape))
  }

  /// A path that is best word by word is not the best path once transitions count.
  @Test func greedyPathsAreCaught() throws {
    let crf = try CRF(width: 5, tags: 3, initial: 3, seed: 1)
    expectBroken("the best path is optimal", in: checkDecoder(GreedyDecoder(crf), shape: Self.shape))
  }

  private final class GreedyDecoder: Decoder {
    private let crf: CRF
    init(_ crf: CRF) { self.crf = crf }
    var parameters: [Parameter] { crf.parameters }

    func decode(
      _ words: WordVectors, gold: [[Int]]?, mode: Mode
    ) throws -> Forward<Posterior, PosteriorCotangent, Tensor> { try crf.decode(words, gold: gold, mode: mode) }

    func bestPaths(_ words: WordVectors) throws -> [[Int]] {
      try (0..<words.sentences).map { s in
        try words.rows(of: s).map { row in
          let one = WordVectors(offsets: [0, 1], tensor: words.tensor.rows(row..<row + 1))
          return try crf.bestPaths(one)[0][0]
        }
      }
    }
  }
}
