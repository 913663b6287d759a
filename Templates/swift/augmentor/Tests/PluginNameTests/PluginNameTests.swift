import PluginAPI
import Testing

@testable import PluginName

struct PluginNameTests {
  let plugin = PluginName(PluginNameOptions(wording: "About {}."))

  @Test func namesTheCapitalisedWords() {
    #expect(plugin.text(for: ["Anna", "went", "to", "Oslo", "."]) == "About Anna, Oslo.")
    #expect(plugin.text(for: ["it", "rains"]).isEmpty)
  }

  @Test func answersEveryRequestOnce() async throws {
    let requests = [["Anna"], [], ["rain"]].enumerated().map { i, words in
      ContextRequest(
        index: i, words: words, split: "train", position: i, splitCount: 3, random: RandomStream(seed: 1, "\(i)"))
    }
    var answers: [Int: String] = [:]
    for try await (index, context) in try await plugin.contexts(for: requests) {
      #expect(answers.updateValue(context.text, forKey: index) == nil)
    }
    #expect(answers == [0: "About Anna.", 1: "", 2: ""])
  }
}
