import PluginAPI

/// `augmentor.prompt:` as a mapping.
enum PromptSection {
  static let fields = [
    OptionField.optional(
      "task", .string, default: "entities", help: "what is asked: entities, reformulation, variation, or one of `tasks`"),
    .optional(
      "variations", .any,
      help: "how, in this order: classic, persona, reflection, answer-format, all, or a mapping of `before` and `after`"),
    .optional("persona", .string, default: Prompt.standardPersona, help: "the role that `persona` gives: a noun"),
    .optional(
      "wording", .choice(PromptWording.names), default: "paper",
      help: "paper: its sentences; table1: `all` without the answer format; ocalm: as the published contexts were made"),
    .optional("tasks", .map(.string), help: "tasks of your own: name to sentence"),
    .optional("text", .string, help: "the whole prompt, word for word, in place of all other keys"),
  ]

  /// A variation that is worded in the file.
  static let variation = [
    OptionField.optional("before", .string, help: "what stands before the task"),
    .optional("after", .string, help: "what stands behind it"),
  ]
}

extension Prompt {
  /// Reads what stands under `augmentor.prompt:`; nothing gives ``standard``. Throws with all faults.
  init(_ node: ConfigNode?) throws(Diagnostics) {
    guard let node else {
      self = Prompt(text: Prompt.standard)
      return
    }
    if let name = node.text {
      guard let preset = Prompt.preset(name) else {
        throw Diagnostics([PromptReader.unknown("preset", name, among: Prompt.presets, node.mark)])
      }
      self = preset
      return
    }
    var reader = PromptReader(node: node)
    self = try reader.read()
  }
}

/// Reads the mapping and collects faults on the way.
private struct PromptReader {
  let node: ConfigNode
  var faults: [Diagnostic] = []

  init(node: ConfigNode) { self.node = node }

  static func unknown(_ what: String, _ name: String, among names: [String], _ mark: SourceMark) -> Diagnostic {
    Diagnostic(
      "C104", "there is no \(what) `\(name)` of prompts", mark: mark,
      hint: nearestName(to: name, among: names).map { "did you mean `\($0)`?" },
      notes: ["\(what)s: " + names.joined(separator: ", ")])
  }

  mutating func read() throws(Diagnostics) -> Prompt {
    faults += check(node, against: PromptSection.fields, what: "`augmentor.prompt`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    if let text = value("text") { return try literal(text) }
    let name = value("wording")?.text ?? "paper"
    let task = taskText(name)
    let variations = readVariations(name)
    let persona = value("persona")
    if let persona, persona.text?.contains(where: { !$0.isWhitespace }) != true {
      faults.append(Diagnostic("C104", "`persona` must be a noun, not blank", mark: persona.mark))
    }
    guard faults.isEmpty, let task else { throw Diagnostics(faults) }
    let role = persona?.text ?? Prompt.standardPersona
    // By name where all is of the wording: some of its prompts are worded otherwise than their parts.
    if value("tasks") == nil, variations.allSatisfy({ $0.name != nil }) {
      let names = variations.compactMap(\.name)
      if let prompt = Prompt(wording: name, task: task.name, variations: names.isEmpty ? ["classic"] : names, persona: role) {
        return prompt
      }
    }
    return Prompt(
      task: task.text, variations: variations.map(\.variation), persona: role, lowersTask: PromptWording.named(name).lowersTask)
  }

  private func value(_ key: String) -> ConfigNode? { node[key].flatMap { $0.isNull ? nil : $0 } }

  private func literal(_ text: ConfigNode) throws(Diagnostics) -> Prompt {
    if let other = node.map?.first(where: { $0.key.name != "text" && !$0.value.isNull }) {
      throw Diagnostics([
        Diagnostic(
          "C104", "`text` is the whole prompt: `\(other.key.name)` has no place beside it", mark: other.key.mark,
          hint: "remove one of them")
      ])
    }
    return Prompt(text: text.text ?? "")
  }

  private mutating func taskText(_ wording: String) -> (name: String, text: String)? {
    let own = (value("tasks")?.map ?? []).map { (name: $0.key.name, text: $0.value.text ?? "") }
    let all = own + PromptWording.named(wording).tasks
    let name = value("task")?.text ?? "entities"
    guard let task = all.first(where: { $0.name == name }) else {
      faults.append(Self.unknown("task", name, among: all.map(\.name), value("task")?.mark ?? node.mark))
      return nil
    }
    return task
  }

  /// A list, or a single one.
  private mutating func readVariations(_ wording: String) -> [(name: String?, variation: PromptVariation)] {
    guard let given = value("variations") else { return [] }
    let known = PromptWording.named(wording).variations
    return (given.list ?? [given]).compactMap { item in
      if let name = item.text {
        guard let found = known.first(where: { $0.name == name }) else {
          faults.append(Self.unknown("variation", name, among: known.map(\.name), item.mark))
          return nil
        }
        return (name, found.variation)
      }
      faults += check(item, against: PromptSection.variation, what: "a variation")
      return (
        nil,
        PromptVariation(
          before: [item["before"]?.text].compactMap { $0 }, after: [item["after"]?.text].compactMap { $0 })
      )
    }
  }
}
