/// The sentences that a variation adds before and behind a task's.
struct PromptVariation: Sendable, Hashable {
  var before: [String] = []
  var after: [String] = []

  static func + (a: PromptVariation, b: PromptVariation) -> PromptVariation {
    PromptVariation(before: a.before + b.before, after: a.after + b.after)
  }
}

/// One way to word the prompts of the CALM paper: tasks say what is asked, variations how. `{persona}` stands for the role.
struct PromptWording: Sendable {
  let tasks: [(name: String, text: String)]
  let variations: [(name: String, variation: PromptVariation)]
  /// Whether a task goes on in lower case behind a sentence that is put before it.
  var lowersTask = false
  /// Prompts that are worded otherwise than their parts.
  var exceptions: [String: String] = [:]

  static let names = ["paper", "table1", "ocalm"]

  /// - Parameter name: one of ``names``.
  static func named(_ name: String) -> PromptWording {
    switch name {
    case "table1": table1
    case "ocalm": ocalm
    default: paper
    }
  }

  /// The paper's sentences (Table 1), "all" being all of them, as its text says.
  static let paper = PromptWording(
    tasks: tasks, variations: variations(reflection: reflection) + [("all", persona + reflection + answerFormat)],
    lowersTask: true)

  /// The same, "all" being as Table 1 prints it: without the answer format.
  static let table1 = PromptWording(
    tasks: tasks, variations: variations(reflection: reflection) + [("all", persona + reflection)], lowersTask: true)

  /// The prompts that the paper's published contexts were made with (the repository O-CALM), letter by letter: "all" is without
  /// the answer format and has the persona's request twice.
  static let ocalm = PromptWording(
    tasks: tasks,
    variations: variations(reflection: ocalmReflection) + [
      ("all", persona + ocalmReflection + PromptVariation(after: persona.after))
    ], exceptions: ["variation-classic": "Could you please present \(situations)"])

  private static let situations =
    "diverse situations in which the mentioned entities are encountered in the provided text"

  private static let tasks: [(name: String, text: String)] = [
    ("entities", "Could you provide more information about the entities in the provided text."),
    (
      "reformulation",
      "Could you provide reformulations of the provided input text while keeping the same entities, you can provide extra information."
    ), ("variation", "Could you please present \(situations)."),
  ]

  private static func variations(reflection: PromptVariation) -> [(name: String, variation: PromptVariation)] {
    [
      ("classic", PromptVariation()), ("persona", persona), ("reflection", reflection), ("answer-format", answerFormat),
    ]
  }

  private static let persona = PromptVariation(
    before: ["You act as an expert {persona},"], after: ["Provide outputs that an expert {persona} would create."])

  private static func reflection(_ please: String) -> PromptVariation {
    PromptVariation(after: [
      "Moreover, \(please) address any potential ambiguities or limitations in your answer in order to provide a more complete and accurate response."
    ])
  }
  private static let reflection = reflection("please")
  private static let ocalmReflection = reflection("Please")

  private static let answerFormat = PromptVariation(
    after: ["You should enumerate your answers as a list of propositions prefixed by a number."])
}
