import PluginAPI
import Testing

@testable import Host

@Suite("Laws: encoders that break them")
struct BrokenEncoderTests {
  @Test func anHonestEncoderKeepsThemAll() {
    expectKept(checkEncoder(ToyEncoder(nil), withoutDropout: ToyEncoder(nil, dropout: 0)))
  }

  @Test(arguments: ToyEncoder.Fault.allCases)
  func eachFaultIsCaught(fault: ToyEncoder.Fault) {
    expectBroken(fault.law, in: checkEncoder(ToyEncoder(fault), withoutDropout: ToyEncoder(fault, dropout: 0)))
  }

  @Test func whatCannotBeTriedIsSaid() {
    expectKept(checkEncoder(ToyEncoder(nil)), untried: ["inference is training without dropout"])
    expectKept(checkEncoder(ToyEncoder(nil, dropout: 0)), untried: ["another seed or step draws other dropout masks"])
    expectKept(
      checkEncoder(FrozenEncoder()),
      untried: [
        "another seed or step draws other dropout masks", "the gradient agrees with finite differences", "gradients accumulate",
      ])
  }

  /// Nothing to train: laws of gradients do not apply.
  private final class FrozenEncoder: Encoder {
    let width = 2

    func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void> {
      let offsets = batch.sentences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.words.count) }
      return Forward(WordVectors(offsets: offsets, tensor: Tensor(zeros: [offsets[offsets.count - 1], 2]))) { _ in }
    }
  }
}
