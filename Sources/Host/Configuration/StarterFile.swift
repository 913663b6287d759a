import PluginAPI

/// What `calm config init` prints: every key of the host's sections with its default and its help.
func starterFile() -> String {
  func section(_ name: String, _ fields: [OptionField], values: [String: String]) -> [String] {
    ["\(name):"]
      + fields.map { field in
        let value = values[field.name] ?? field.shownDefault
        let line = value.map { "  \(field.name): \($0)" } ?? "  # \(field.name):"
        return line + String(repeating: " ", count: max(1, 34 - line.count)) + "# \(field.help)"
      } + [""]
  }
  let lines =
    ["seed: 1", ""]
    + section(
      "data", DataSection.fields,
      values: ["train": "data/train.conll", "dev": "data/dev.conll", "test": "data/test.conll"])
    + section("contexts", ContextsSection.fields, values: [:])
    + [
      "augmentor:", "  plugin: precomputed",
      "  options: {train: contexts/train.json, dev: contexts/dev.json, test: contexts/test.json}",
      "encoder: {plugin: biobert, options: {model: models/minilm}}", "decoder: {plugin: crf}",
      "loss: {plugin: kl-cooperative}", "",
    ] + section("training", TrainingSection.fields, values: [:])
  return lines.joined(separator: "\n")
}

extension OptionField {
  /// The default as a configuration would have it; nil where there is none.
  var shownDefault: String? {
    guard let text = defaultText, text.isEmpty else { return defaultText }
    return switch type {
    case .list: "[]"
    case .map, .mapping, .plugin, .any: "{}"
    default: "\"\""
    }
  }
}
