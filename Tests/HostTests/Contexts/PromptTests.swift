import ContextFiles
import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

@Suite("Prompts")
struct PromptTests {
  private func read(_ yaml: String) throws -> String {
    try Prompt(parseYAML(Array(yaml.utf8), named: "prompt.yaml")).text
  }

  private func faults(_ yaml: String) -> [Diagnostic] {
    do {
      _ = try read(yaml)
      return []
    } catch { return (error as? Diagnostics)?.items ?? [] }
  }

  private static let entities = "Could you provide more information about the entities in the provided text."
  private static let reflection =
    "Moreover, please address any potential ambiguities or limitations in your answer in order to provide a more complete and accurate response."
  private static let answers = "You should enumerate your answers as a list of propositions prefixed by a number."
  private static let persona = "Provide outputs that an expert linguist would create."

  /// The rows of the paper's Table 1.
  @Test func tableOneIsRenderedWordForWord() throws {
    #expect(try read("{}") == Self.entities)
    #expect(
      try read("{task: reformulation, variations: [persona]}")
        == "You act as an expert linguist, could you provide reformulations of the provided input text while keeping the same entities, you can provide extra information. \(Self.persona)"
    )
    #expect(
      try read("{task: variation, variations: answer-format}")
        == "Could you please present diverse situations in which the mentioned entities are encountered in the provided text. \(Self.answers)"
    )
    #expect(try read("{variations: [reflection]}") == "\(Self.entities) \(Self.reflection)")
    #expect(
      try read("table1-entities-all")
        == "You act as an expert linguist, could you provide more information about the entities in the provided text. \(Self.persona) \(Self.reflection)"
    )
  }

  @Test func paperAllIsAllVariations() throws {
    let all = try read("paper-entities-all")
    #expect(all == (try read("table1-entities-all")) + " " + Self.answers)
    #expect(try read("{variations: [persona, reflection, answer-format]}") == all)
    #expect(try read("{variations: [all]}") == all)
    #expect(try read("{variations: [all], wording: table1}") == read("table1-entities-all"))
  }

  /// Fifteen prompts a wording; only the three of "all" and what is spelt otherwise differ.
  @Test func everyPresetIsAPromptOfItsOwn() {
    #expect(Prompt.presets.count == 45)
    let texts = { (wording: String) in
      Set(Prompt.presets.filter { $0.hasPrefix(wording) }.compactMap { Prompt.preset($0)?.text })
    }
    let (paper, table1, ocalm) = (texts("paper"), texts("table1"), texts("ocalm"))
    #expect(paper.count == 15 && table1.count == 15 && ocalm.count == 15)
    #expect(paper.intersection(table1).count == 12)
    #expect(paper.intersection(ocalm).count == 5, "classic but for one that lacks its full stop, and answer-format")
    #expect(paper.union(ocalm).allSatisfy { !$0.contains("{") && !$0.contains("  ") })
  }

  /// The prompts that the published contexts carry, byte for byte, in every file that is there.
  @Test func ocalmPresetsAreThoseOfThePublishedContexts() throws {
    let root = (environment("CALM_DATA") ?? dataFolder()) + "/contexts/wnut17-llama2"
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    if folders.isEmpty { print("skipped: no contexts in \(root)") }
    for folder in folders.sorted() {
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)") where file.hasSuffix(".gz") {
        let prompt = try readContexts(path: "\(root)/\(folder)/\(file)").prompt
        #expect(Prompt.preset("ocalm-\(folder)")?.text == prompt, "\(folder)/\(file)")
        let parts = folder.split(separator: "-", maxSplits: 1)
        #expect(try read("{wording: ocalm, task: \(parts[0]), variations: [\(parts[1])]}") == prompt, "\(folder)")
      }
    }
  }

  @Test func personasTasksAndWordingsOfOnesOwn() throws {
    #expect(
      try read("{task: entities, variations: [persona], persona: biologist}")
        == "You act as an expert biologist, could you provide more information about the entities in the provided text. Provide outputs that an expert biologist would create."
    )
    #expect(try read("{task: sum, tasks: {sum: Sum it up.}, variations: [answer-format]}") == "Sum it up. \(Self.answers)")
    // A task goes on in lower case where it goes on, and capitals stay.
    #expect(
      try read("{task: sum, tasks: {sum: Sum it up.}, variations: [persona]}").hasPrefix(
        "You act as an expert linguist, sum it"))
    #expect(
      try read("{task: sum, tasks: {sum: NER tags.}, variations: [persona]}").hasPrefix(
        "You act as an expert linguist, NER tags"))
    #expect(
      try read("{task: sum, tasks: {sum: Sum it up.}, variations: [persona, {before: Be brief.}]}")
        .hasPrefix("You act as an expert linguist, Be brief. Sum it up."))
    // The order is the one that is given.
    #expect(
      try read("{variations: [{after: 'Be brief, {persona}.'}, reflection, {before: 'Dear model:'}], persona: friend}")
        == "Dear model: could you provide more information about the entities in the provided text. Be brief, friend. \(Self.reflection)"
    )
    #expect(try read("{text: 'Say  it: {persona}'}") == "Say  it: {persona}")
    #expect(try Prompt(nil).text == Self.entities)
  }

  @Test func faultsHavePlacesAndNearestNames() {
    for (yaml, hint, column) in [
      ("{task: entites}", "entities", 8), ("{variations: [persona, reflexion]}", "reflection", 24),
      ("ocalm-entities-al", "ocalm-entities-all", 1), ("{wording: papre}", "paper", 11), ("{taks: entities}", "task", 2),
      ("{variations: [{afer: x}]}", "after", 16),
    ] {
      let found = faults(yaml)
      #expect(found.count == 1 && found.first?.hint?.contains("`\(hint)`") == true, "\(yaml): \(found)")
      #expect(found.first?.mark?.column == column, "\(yaml)")
    }
    #expect(faults("{task: x, variations: [y], persona: ''}").count == 3)
    #expect(faults("{text: a, task: entities}").count == 1)
  }
}

/// Where the data sets are: beside the checkout.
func dataFolder() -> String { "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/../shared/data" }
