import PluginAPI
import Testing

@testable import Host

@Suite("Relevance of contexts") struct ContextRelevanceTests {
  private func example(_ words: String, _ tags: String, _ context: String) -> Example {
    Example(
      id: 0, words: words.split(separator: " ").map(String.init), tags: tags.split(separator: " ").map(String.init), gold: [],
      contextText: context, context: [])
  }

  @Test func coverageAndNovelty() throws {
    let relevance = ContextRelevance(training: [])
    let values = relevance.values(
      example(
        "Anna Berg saw Oslo", "B-PER I-PER O B-LOC",
        "Oslo is the capital of Norway. Nothing here. In Oslo Anna walked. Berg means mountain."))
    #expect(values.entityCoverage == 0.5, "`Anna Berg` does not stand there word for word")
    // capital, norway, walked: said in sentences with Oslo, not in the input, and no function words.
    #expect(values.novelty == 3)
    #expect(relevance.values(example("a b", "O O", "text")).entityCoverage == nil)
    let none = relevance.values(example("Oslo", "B-LOC", ""))
    #expect(none.entityCoverage == 0 && none.novelty == nil && none.length == nil)
  }

  /// Words that stand beside one type far more often become its cues; common words do not.
  @Test func cuesAreLearned() throws {
    var examples: [Example] = []
    for i in 0..<60 {
      examples.append(example("x\(i)", "B-LOC", "this city lies near water and people know name\(i)"))
      examples.append(example("y\(i)", "B-PER", "this singer wrote songs and people know other\(i)"))
    }
    let cues = TypeCues(examples)
    let place = try #require(cues.words["LOC"]), person = try #require(cues.words["PER"])
    #expect(place.isSuperset(of: ["city", "lies", "near", "water"]) && place.isDisjoint(with: person))
    #expect(person.contains("singer") && !person.contains("people") && !place.contains("know"))
    let relevance = ContextRelevance(training: examples)
    let fitting = relevance.values(example("Oslo", "B-LOC", "a city near water")).typeCueOverlap
    #expect(fitting == 1, "\(String(describing: fitting))")
    #expect(relevance.values(example("Oslo", "B-LOC", "a singer wrote songs")).typeCueOverlap == 0)
  }

  @Test func promptsAreKnownByTheirText() {
    for name in Prompt.presets {
      let text = Prompt.preset(name)?.text ?? ""
      let short = name.split(separator: "-", maxSplits: 1).last.map(String.init)
      #expect(Prompt.name(of: text) == short, "\(name)")
    }
    #expect(
      Prompt.name(
        of: Prompt(wording: "paper", task: "entities", variations: ["persona"], persona: "biologist")?.text ?? "")
        == "entities-persona")
    #expect(Prompt.name(of: "Write a poem.") == nil)
  }
}
