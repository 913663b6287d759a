import PluginAPI
import TestSupport
import Testing

@testable import RemoteLLM

/// A key stands nowhere but in the header that carries it, whatever a server does with it.
@Suite("remote-llm, keys")
struct RemoteKeyTests {
  private static let key = "sk-canary-0123456789"

  private func contexts(
    _ options: [String: String] = [:], key: String = key, _ answer: @escaping @Sendable (LoopbackServer.Connection) -> Void
  ) async throws -> [Int: Context] {
    let server = try FakeLanguageServer(fault: { _, _, connection in
      answer(connection)
      return true
    })
    defer { server.stop() }
    let options = ["key": "KEY"].merging(options) { $1 }
    let (contexts, failure) = await ask(
      try RemoteLab(port: server.port, key: key).augmentor(server.endpoint, options), remoteRequests(1))
    #expect(failure == nil)
    return contexts
  }

  /// Wherever the key stands, no beginning of it is left by a cut.
  @Test(arguments: [0, 60, 85, 90, 95, 230, 240, 250, 270, 280, 290, 295, 299, 400])
  func aKeyIsNotTold(_ place: Int) async throws {
    let words = String(repeating: ".", count: place) + Self.key + " " + String(repeating: "-", count: 5000)
    let answers: [@Sendable (LoopbackServer.Connection) -> Void] = [
      { $0.answer(#"{"error": {"message": "\#(words)"}}"#) }, { $0.answer(words) }, { $0.answer(400, words) },
    ]
    for answer in answers {
      let reason = try #require(try await contexts([:], answer)[0]?.failure)
      #expect(!reason.contains("sk-ca"), "\(reason)")
    }
    let event: @Sendable (LoopbackServer.Connection) -> Void = {
      $0.answer(headers: ["content-type": "text/event-stream"], "data: \(words)\n\n")
    }
    let reason = try #require(try await contexts(["stream": "true"], event)[0]?.failure)
    #expect(!reason.contains("sk-ca"), "\(reason)")
  }

  @Test(arguments: [false, true]) func noContextHoldsIt(_ stream: Bool) async throws {
    let key = Self.key, half = key.index(key.startIndex, offsetBy: 9)
    let head = #""id": "\#(key)", "model": "m \#(key)", "system_fingerprint": "\#(key)""#
    let texts = stream ? ["you sent \(key[..<half])", "\(key[half...])!"] : ["you sent \(key)!"]
    let answers = texts.map { text in
      let content = #""\#(stream ? "delta" : "message")": {"content": "\#(text)"}"#
      return #"{\#(head), "choices": [{\#(content), "finish_reason": "\#(key)"}]}"#
    }
    let contexts = try await contexts(["stream": "\(stream)"]) { connection in
      connection.answer(
        headers: ["content-type": stream ? "text/event-stream" : "application/json"],
        stream ? answers.map { "data: \($0)\n\n" }.joined() : answers[0])
    }
    let context = try #require(contexts[0])
    #expect(context.text == "you sent <KEY>!" && context.finish == "<KEY>" && context.source == "m <KEY>")
    #expect(context.details == ["id": "<KEY>", "model": "m <KEY>", "system_fingerprint": "<KEY>"])
  }

  @Test func aWordInPlaceOfAKeyIsLeftInTexts() async throws {
    let contexts = try await contexts(key: "none") { $0.answer(FakeLanguageServer.whole("there is none", chat: true)) }
    #expect(contexts[0]?.text == "there is none")
  }
}
