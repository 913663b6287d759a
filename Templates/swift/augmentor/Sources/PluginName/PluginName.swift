import PluginAPI

/// What YAML may say under `options:`. Each stored property is described once in `fields`, which checks what the user writes, fills
/// in defaults, and is what `calm plugin info` shows.
struct PluginNameOptions: PluginOptions {
  var wording: String

  static let fields = [
    OptionField.optional(
      "wording", .string, default: "It is about {}.", help: "the context; {} stands for the names in the sentence")
  ]
}

let manifest = Manifest(
  id: "plugin-name", kind: .augmentor, version: "0.1.0", licence: "Apache-2.0",
  summary: "says which names are in the sentence")

/// The one symbol that the host looks for: `calm_plugin_` and the module's name.
@c(calm_plugin_PluginName)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: PluginNameOptions.self) { options, _, _ in PluginName(options) }
  }
}

/// Gives each sentence a context that names its capitalised words.
final class PluginName: Augmentor {
  private let options: PluginNameOptions

  init(_ options: PluginNameOptions) { self.options = options }

  /// Everything that the text depends on besides the request: contexts are stored under it.
  var fingerprint: [String: String] { ["wording": options.wording] }

  /// Answers every request once, in any order, and stops where the run was cancelled.
  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    AsyncThrowingStream { answers in
      for request in requests where !Task.isCancelled {
        answers.yield((index: request.index, context: Context(text: text(for: request.words), source: manifest.id)))
      }
      answers.finish()
    }
  }

  /// Empty where there are no names: the sentence is then read alone.
  func text(for words: [String]) -> String {
    let names = words.filter { $0.first?.isUppercase == true }
    guard !names.isEmpty else { return "" }
    let parts = options.wording.split(separator: "{}", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.joined(separator: names.joined(separator: ", "))
  }
}
