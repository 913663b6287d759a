import PluginAPI
import Testing

@testable import PluginName

struct PluginNameTests {
  let loss = PluginName(PluginNameOptions(augmentedWeight: 0.5))

  private func output(_ view: View, logPartition: [Double], goldScore: [Double]) -> ViewOutput {
    let scores = Tensor(zeros: [2, 3])
    return ViewOutput(
      view: view, words: WordVectors(offsets: [0, 1, 2], tensor: Tensor(zeros: [2, 4])),
      posterior: Posterior(logPartition: logPartition, goldScore: goldScore, tokenScores: scores, marginals: scores))
  }

  @Test func isTheMeanOverSentences() throws {
    let plain = try loss.evaluate(output(.plain, logPartition: [3, 5], goldScore: [1, 2]), earlier: [])
    #expect(plain.value == 2.5)
    #expect(plain.posterior.logPartition == [0.5, 0.5] && plain.posterior.goldScore == [-0.5, -0.5])
  }

  @Test func weighsTheAugmentedView() throws {
    let augmented = try loss.evaluate(output(.augmented, logPartition: [3, 5], goldScore: [1, 2]), earlier: [])
    #expect(augmented.value == 1.25)
    #expect(PluginName(PluginNameOptions(augmentedWeight: 0)).views == [.plain])
  }

  @Test func leavesGoldTagsAloneWhereTheyAreNotLearnt() throws {
    var plain = output(.plain, logPartition: [3, 5], goldScore: [1, 2])
    plain.supervised = false
    let value = try loss.evaluate(plain, earlier: [])
    #expect(value.value == 0 && value.posterior.logPartition == nil)
  }
}
