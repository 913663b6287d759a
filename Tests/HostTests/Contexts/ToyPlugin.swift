import PluginAPI

@testable import Host

/// An augmentor that notes in a file what it is asked, waits or gives up half-way where it is told to.
enum ToyPlugin {
  /// Compiled once for all tests.
  static func library() throws -> String { try file.get() }

  private static let file = Result { try LoadingLab.swiftPlugin("ToyWriter", source) }

  private static let source = """
    import Glibc
    import PluginAPI

    struct Settings: PluginOptions {
      var log: String
      var failAfter: Int?
      var waitAt: Int?
      var flavour: String
      static let fields = [
        OptionField.required("log", .path, help: "what was asked"),
        .optional("failAfter", .integer, help: "give up then"),
        .optional("waitAt", .integer, help: "wait there until somebody ends it"),
        .optional("flavour", .string, default: "plain", help: "what the text depends on"),
      ]
    }

    final class Toy: CostEstimator {
      let settings: Settings
      init(_ settings: Settings) { self.settings = settings }
      var fingerprint: [String: String] { ["flavour": settings.flavour] }

      func contexts(
        for requests: [ContextRequest]
      ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
        AsyncThrowingStream { answers in
          let task = Task { [settings] in
            for (done, request) in requests.enumerated() where !Task.isCancelled {
              if done == settings.failAfter { return answers.finish(throwing: PluginError("out of ideas")) }
              let sentence = request.words.joined(separator: " ")
              note(sentence)
              if done == settings.waitAt { try? await Task.sleep(for: .seconds(3600)) }
              if Task.isCancelled { break }
              var random = request.random
              answers.yield(
                (request.index, Context(
                  text: "about " + sentence + " " + String(random.next() % 1_000_000), tokens: 7, source: "toy", promptTokens: 5,
                  milliseconds: 0, details: ["prompt": request.prompt ?? "none"])))
            }
            answers.finish()
          }
          answers.onTermination = { _ in task.cancel() }
        }
      }

      func estimate(for requests: [ContextRequest]) async throws -> CostEstimate {
        CostEstimate(
          promptTokens: 5 * requests.count, maxNewTokens: 7 * requests.count, seconds: 60,
          example: requests.first.map { ($0.prompt ?? "") + " | " + $0.words.joined(separator: " ") })
      }

      private func note(_ sentence: String) {
        let line = Array((sentence + "\\n").utf8)
        let file = open(settings.log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        _ = write(file, line, line.count)
        close(file)
      }
    }

    @c(calm_plugin_MODULE) public func entry() -> UnsafePointer<calm_plugin_info> {
      exportPlugin(calm_this_stamp()) {
        retained(
          Manifest(
            id: "toy-writer", kind: .augmentor, version: "1.0.0", licence: "MIT", summary: "Writes.", takesPrompt: true),
          options: Settings.self
        ) { settings, _, _ in Toy(settings) }
      }
    }
    """
}
