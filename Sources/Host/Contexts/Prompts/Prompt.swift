/// What an augmentor is asked about a sentence: a task, and variations in the order in which they are given.
///
/// Only the task is rendered here; the plugin puts it and the sentence into its model's chat template.
struct Prompt: Sendable, Hashable {
  let text: String

  /// The prompt where nothing is said.
  static let standard = preset("paper-entities-classic")?.text ?? ""

  /// The sentences before the task's, the task's, and those behind it, with the persona put in.
  init(task: String, variations: [PromptVariation], persona: String, lowersTask: Bool) {
    let sum = variations.reduce(PromptVariation(), +)
    let goesOn = sum.before.last.map { !".!?".contains($0.last ?? ".") } ?? false
    let sentence = lowersTask && goesOn ? Self.lowered(task) : task
    text = (sum.before + [sentence] + sum.after).joined(separator: " ").replacing("{persona}", with: persona)
  }

  /// A task and variations of a wording by their names; nil where one has another name.
  init?(wording: String, task: String, variations: [String], persona: String) {
    let data = PromptWording.named(wording)
    if let exception = data.exceptions[([task] + variations).joined(separator: "-")] {
      self.init(text: exception)
      return
    }
    guard let sentence = data.tasks.first(where: { $0.name == task })?.text else { return nil }
    var found: [PromptVariation] = []
    for name in variations {
      guard let variation = data.variations.first(where: { $0.name == name })?.variation else { return nil }
      found.append(variation)
    }
    self.init(task: sentence, variations: found, persona: persona, lowersTask: data.lowersTask)
  }

  init(text: String) { self.text = text }

  /// `WORDING-TASK-VARIATION`, e.g. `ocalm-entities-all`.
  static let presets: [String] = PromptWording.names.flatMap { wording in
    let data = PromptWording.named(wording)
    return data.tasks.flatMap { task in data.variations.map { "\(wording)-\(task.name)-\($0.name)" } }
  }

  static func preset(_ name: String) -> Prompt? {
    guard presets.contains(name) else { return nil }
    let parts = name.split(separator: "-", maxSplits: 2).map(String.init)
    return Prompt(wording: parts[0], task: parts[1], variations: [parts[2]], persona: standardPersona)
  }

  static let standardPersona = "linguist"

  /// Begins in lower case, unless the first word is one of capitals.
  private static func lowered(_ text: String) -> String {
    text.dropFirst().first?.isLowercase == true ? text.prefix(1).lowercased() + text.dropFirst() : text
  }
}
