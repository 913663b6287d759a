import PluginAPI
import Synchronization
import TestSupport
import Testing

@testable import RemoteLLM

/// What fails alone leaves the others be; what would befall all ends the call.
@Suite("remote-llm, failures")
struct RemoteFailureTests {
  /// A server that answers `sentence 2` in another way.
  private func server(_ fault: @escaping @Sendable (LoopbackServer.Connection) -> Void) throws -> FakeLanguageServer {
    try FakeLanguageServer(fault: { _, sentence, connection in
      if sentence == "sentence 2" { fault(connection) }
      return sentence == "sentence 2"
    })
  }

  /// The answer of a choice: `"message": …, "finish_reason": …`.
  private static func choice(_ fields: String) -> String {
    #"{"model": "tiny", "choices": [{"index": 0, \#(fields)}], "usage": {"prompt_tokens": 3, "completion_tokens": 256}}"#
  }

  private func expectOneFailure(
    _ server: FakeLanguageServer, _ says: String, place: SourceLocation = #_sourceLocation
  ) async throws {
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "1"])
    let (contexts, failure) = await ask(augmentor, remoteRequests(5))
    #expect(failure == nil && contexts.count == 5, sourceLocation: place)
    #expect(contexts.values.count { $0.failure != nil } == 1, sourceLocation: place)
    let reason = contexts[2]?.failure ?? ""
    #expect(reason.contains(says), "\(reason)", sourceLocation: place)
  }

  /// An answer that is an error is none, whatever its status.
  @Test(arguments: [
    #"{"error": {"message": "context too long", "type": "invalid_request_error", "code": 400}}"#,
    #"{"error": "model 'tiny' not found"}"#, #"{"object": "error", "message": "bad", "code": 400}"#, #"{"choices": []}"#,
    #"{"choices": [{"index": 0, "finish_reason": "stop"}]}"#, "<html>busy</html>", #"["text"]"#, "{}", "",
    choice(#""message": {"content": "half a te"}, "finish_reason": "error""#),
    choice(#""message": {"content": ""}, "finish_reason": "stop", "error": {"code": 502, "message": "upstream died"}"#),
  ])
  func errorsInAnswersAreFailures(_ text: String) async throws {
    let server = try server { $0.answer(text) }
    defer { server.stop() }
    try await expectOneFailure(server, "\(server.endpoint)/chat/completions: ")
  }

  @Test(arguments: [400, 413, 422, 500]) func refusedSentencesLeaveTheOthersBe(_ status: Int) async throws {
    let server = try server { $0.answer(status, #"{"error": {"code": "content_filter"}}"#) }
    defer { server.stop() }
    try await expectOneFailure(server, "answered \(status)")
  }

  @Test(arguments: [
    (401, #"{"error": "key"}"#), (403, ""), (404, ""), (402, ""), (429, #"{"error": {"code": "insufficient_quota"}}"#),
    (400, #"{"error": {"details": [{"reason": "API_KEY_INVALID"}]}}"#),
    (200, #"{"error": {"message": "no such model", "code": 404}}"#), (200, #"{"error": {"message": "pay", "code": 402}}"#),
  ])
  func whatConcernsAllEndsTheCall(_ status: Int, _ body: String) async throws {
    let server = try server { $0.answer(status, body) }
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "1"])
    let (contexts, failure) = await ask(augmentor, remoteRequests(5))
    #expect(contexts.keys.sorted() == [0, 1])
    let fault = try #require(failure as? HTTPFailure)
    #expect(fault.message.hasPrefix("sentence 2 (`sentence 2`): \(server.endpoint)/chat/completions"), "\(fault)")
    #expect(server.requests.count == 3)
  }

  @Test func answersWithoutTextAreFailures() async throws {
    let warnings = Mutex<[String]>([])
    for (message, finish, help) in [
      (#"{"content": "", "reasoning": "First"}"#, "length", "maxNewTokens"),
      (#"{"content": "<think>First"}"#, "length", "extra"),
      (#"{"content": null, "tool_calls": []}"#, "tool_calls", "tool_choice"),
    ] {
      let server = try FakeLanguageServer(fault: { _, _, connection in
        connection.answer(Self.choice(#""message": \#(message), "finish_reason": "\#(finish)""#))
        return true
      })
      defer { server.stop() }
      let options = ["stripThinking": "true", "maxTotalTokens": "1600"]
      let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, options) { _, text in
        warnings.withLock { $0.append(text) }
      }
      let (contexts, failure) = await ask(augmentor, remoteRequests(20))
      #expect(contexts.values.allSatisfy { $0.failure?.contains(finish) == true })
      // What was written without a text is paid for all the same.
      #expect((failure as? HTTPFailure)?.kind == .quota && contexts.count < 8)
      let said = warnings.withLock { warnings in
        defer { warnings = [] }
        return warnings
      }
      #expect(said.count == 1 && said[0].contains(help), "\(said)")
    }
  }

  @Test func aServersWordIsNotTheHosts() async throws {
    let server = try server { $0.answer(Self.choice(#""message": {"content": "text"}, "finish_reason": "failed""#)) }
    defer { server.stop() }
    let contexts = await ask(try RemoteLab(port: server.port).augmentor(server.endpoint), remoteRequests(3)).contexts
    #expect(contexts[2]?.failure == nil && contexts[2]?.text == "text" && contexts[2]?.finish == "server: failed")
  }

  @Test(arguments: [
    "9223372036854775807", "-9223372036854775808", "-5", "1e300", "1.5", #""many""#, "1000000001",
  ])
  func numbersThatNoAnswerHasAreNotCounted(_ number: String) async throws {
    let server = try FakeLanguageServer(fault: { _, sentence, connection in
      let choice = #"{"message": {"content": "about \#(sentence)"}, "finish_reason": "stop"}"#
      connection.answer(
        #"{"choices": [\#(choice)], "usage": {"prompt_tokens": \#(number), "completion_tokens": \#(number)}}"#)
      return true
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["maxTotalTokens": "1000"])
    let (contexts, failure) = await ask(augmentor, remoteRequests(200))
    #expect(contexts.values.allSatisfy { $0.text.hasPrefix("about ") && $0.tokens == nil && $0.promptTokens == nil })
    // What they would take is guessed from their lengths: the budget ends neither at once nor never.
    #expect((failure as? HTTPFailure)?.kind == .quota && (20..<100).contains(contexts.count), "\(contexts.count)")
  }

  @Test func streamsThatBreakAreAskedForAgain() async throws {
    let events = FakeLanguageServer.events("about it", chat: true)
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    for text in [
      "data: \(events[0])\n\n",  // No end.
      "data: \(events[0])\n\ndata: {\"error\": {\"message\": \"out of memory\", \"code\": 500}}\n\n",
      "data: \(events[0])\n\ndata: {\"choi", "",
    ] {
      for breaks in [1, 9] {
        let server = try FakeLanguageServer(fault: { number, _, connection in
          guard number < breaks else { return false }
          connection.send(head + text)
          connection.end()
          return true
        })
        defer { server.stop() }
        let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["stream": "true"])
        let (contexts, failure) = await ask(augmentor, remoteRequests(1))
        #expect(failure == nil && server.requests.count == min(breaks + 1, 3), "\(text)")
        #expect(breaks == 1 ? contexts[0]?.text == "about sentence 0" : contexts[0]?.failure != nil, "\(text)")
      }
    }
  }
}
