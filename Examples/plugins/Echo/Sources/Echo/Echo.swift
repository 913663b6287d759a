import PluginAPI

/// What YAML may say under `options:`; each stored property is described once in `fields`.
struct EchoOptions: PluginOptions {
  var times: Int
  var separator: String

  static let fields = [
    OptionField.optional("times", .integer, default: "1", in: 1...9, help: "how often the sentence is repeated"),
    .optional("separator", .string, default: ".", help: "what stands between the repetitions"),
  ]
}

let manifest = Manifest(
  id: "echo", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0", summary: "repeats the sentence as its context")

/// The one symbol that the host looks for: `calm_plugin_` and the module's name.
@c(calm_plugin_Echo)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: EchoOptions.self) { options, _, _ in Echo(options) }
  }
}

final class Echo: Augmentor {
  private let options: EchoOptions

  init(_ options: EchoOptions) { self.options = options }

  /// Everything the text depends on besides the request.
  var fingerprint: [String: String] { ["times": String(options.times), "separator": options.separator] }

  /// Answers every index once; the order does not matter. Stops where the run was cancelled.
  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    AsyncThrowingStream { answers in
      for request in requests where !Task.isCancelled {
        let sentence = request.words.joined(separator: " ")
        let text = Array(repeating: sentence, count: options.times).joined(separator: " \(options.separator) ")
        answers.yield((index: request.index, context: Context(text: text, source: "echo")))
      }
      answers.finish()
    }
  }
}
