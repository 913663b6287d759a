import PluginAPI
import Synchronization
import TestSupport
import Testing

@testable import RemoteLLM

@Suite("remote-llm")
struct RemoteLLMTests {
  private func body(_ server: FakeLanguageServer) throws -> JSON {
    let request = try #require(server.requests.first)
    return try #require(JSON(request.body))
  }

  @Test(arguments: [false, true]) func asksAndRecords(_ stream: Bool) async throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(
      server.endpoint + "/", ["stream": "\(stream)", "key": "KEY", "temperature": "0.5"], stop: ["\n\n"], extra: ["top_k": "40"]
    )
    let (contexts, failure) = await ask(augmentor, remoteRequests(9))
    #expect(failure == nil && contexts.count == 9)
    let context = try #require(contexts[3])
    #expect(context.text == "about sentence 3" && context.finish == "stop")
    #expect(context.tokens == 5 && context.promptTokens == 11 && context.source == "tiny-0.1" && context.milliseconds != nil)
    #expect(context.details == ["id": "answer-1", "model": "tiny-0.1", "system_fingerprint": "fp_7"])
    #expect(server.requests.allSatisfy { $0.path == "/v1/chat/completions" && $0.headers["authorization"] == "Bearer sesame" })
    let body = try body(server)
    #expect(body["model"] == .text("tiny") && body["max_tokens"] == .integer(256) && body["stream"] == .boolean(stream))
    #expect(body["temperature"] == .number(0.5) && body["top_p"] == .number(0.9) && body["top_k"] == .integer(40))
    #expect(body["frequency_penalty"]?.integer == 0 && body["presence_penalty"]?.integer == 0)
    #expect(body["stop"] == .list([.text("\n\n")]) && body["n"] == nil)
    #expect(body["messages"]?[0] == .object(["role": .text("system"), "content": .text("List the entities.")]))
    #expect(body["messages"]?[1]?["role"] == .text("user"))
  }

  @Test func seedsAreTheRequestsOwn() async throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "1"])
    for _ in 0..<2 { _ = await ask(augmentor, remoteRequests(3)) }
    let seeds = server.requests.compactMap { JSON($0.body)?["seed"]?.integer }
    #expect(seeds.count == 6 && Set(seeds).count == 3 && seeds.prefix(3) == seeds.suffix(3))
    #expect(seeds.allSatisfy { (0..<(1 << 31)).contains($0) })
  }

  @Test func promptsGoWhereTheyAreWanted() async throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    let lab = try RemoteLab(port: server.port)
    let user = try lab.augmentor(
      server.endpoint, ["promptSlot": "user", "tokenField": "max_completion_tokens"], omit: ["seed"])
    let plain = try lab.augmentor(server.endpoint, ["api": "completions"])
    let template = try lab.augmentor(
      server.endpoint, ["api": "completions", "template": "[INST] <<SYS>> {prompt} <</SYS>> {sentence} [/INST]"])
    for augmentor in [user, plain, template] { _ = await ask(augmentor, remoteRequests(1)) }
    let bodies = server.requests.compactMap { JSON($0.body) }
    #expect(bodies[0]["messages"]?.list?.count == 1 && bodies[0]["seed"] == nil)
    #expect(bodies[0]["messages"]?[0]?["content"] == .text("List the entities.\n\nsentence 0"))
    #expect(bodies[0]["max_completion_tokens"] == .integer(256) && bodies[0]["max_tokens"] == nil)
    #expect(bodies[1]["prompt"] == .text("List the entities.\n\nsentence 0\n\n"))
    #expect(bodies[2]["prompt"] == .text("[INST] <<SYS>> List the entities. <</SYS>> sentence 0 [/INST]"))
    #expect(server.requests.map(\.path) == ["/v1/chat/completions", "/v1/completions", "/v1/completions"])
  }

  @Test func soManyAtATime() async throws {
    let now = Mutex(0)
    let most = Mutex(0)
    let server = try FakeLanguageServer(fault: { _, _, connection in
      let here = now.withLock { now in
        now += 1
        return now
      }
      most.withLock { $0 = max($0, here) }
      connection.pause(0.02)
      now.withLock { $0 -= 1 }
      return false
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "3"])
    let contexts = await ask(augmentor, remoteRequests(12)).contexts
    #expect(contexts.count == 12)
    #expect(most.withLock { $0 } == 3)
  }

  @Test func anErrorThatMayPassIsTriedAgain() async throws {
    let server = try FakeLanguageServer(fault: { number, _, connection in
      if number == 0 { connection.answer(#"{"error": {"message": "overloaded", "code": 503}}"#) }
      return number == 0
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint)
    let contexts = await ask(augmentor, remoteRequests(1)).contexts
    #expect(contexts[0]?.text == "about sentence 0")
  }

  @Test func whatIsUnderWayIsWaitedFor() async throws {
    let server = try FakeLanguageServer(fault: { _, sentence, connection in
      if sentence == "sentence 0" { connection.answer(404, #"{"error": "model not found"}"#) } else { connection.pause(0.2) }
      return sentence == "sentence 0"
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "3"])
    let (contexts, failure) = await ask(augmentor, remoteRequests(50))
    #expect((failure as? HTTPFailure)?.status == 404)
    #expect(contexts.keys.sorted() == [1, 2], "nothing new is asked after a failure")
  }

  @Test func aServerThatDoesNotStreamIsUnderstood() async throws {
    let server = try FakeLanguageServer(fault: { _, _, connection in
      connection.answer(
        headers: ["content-type": "application/json; charset=utf-8"], FakeLanguageServer.whole("whole", chat: true))
      return true
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["stream": "true"])
    let contexts = await ask(augmentor, remoteRequests(1)).contexts
    #expect(contexts[0]?.text == "whole")
  }

  @Test(arguments: [["maxTotalTokens": "1000"], ["maxCost": "1", "completionPrice": "1000", "promptPrice": "1000"]])
  func budgetsEnd(_ limits: [String: String]) async throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    let options = limits.merging(["maxNewTokens": "300"]) { $1 }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, options)
    let (contexts, failure) = await ask(augmentor, remoteRequests(200))
    // 16 tokens each are used, and the last has to leave room for 300.
    let fault = try #require(failure as? HTTPFailure)
    #expect(fault.kind == .quota && fault.message.contains("budget"), "\(fault)")
    #expect((40...44).contains(contexts.count), "\(contexts.count)")
    #expect(server.requests.count == contexts.count)
  }

  /// The answers have no end: only cancelling makes the clients leave.
  @Test(.timeLimit(.minutes(15))) func cancellingEndsIt() async throws {
    let gone = Mutex(0)
    let server = try FakeLanguageServer(fault: { _, _, connection in
      connection.send("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
      while connection.send(" ") { connection.pause(0.01) }
      gone.withLock { $0 += 1 }
      return true
    })
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint, ["concurrency": "3"])
    let task = Task { await ask(augmentor, remoteRequests(1000)) }
    while server.requests.count < 3 { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    _ = await task.value
    while gone.withLock({ $0 }) < 3 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(server.requests.count == 3)
  }

  @Test func estimatesAndFingerprints() async throws {
    let lab = try RemoteLab(port: 1)
    let augmentor = try lab.augmentor("http://127.0.0.1:1/v1", ["promptPrice": "1000000"])
    let estimate = try await augmentor.estimate(for: remoteRequests(10))
    #expect(estimate.isGuess && estimate.maxNewTokens == 2560 && (100...150).contains(estimate.promptTokens))
    #expect(estimate.cost == Double(estimate.promptTokens) && estimate.example?.contains("sentence 0") == true)
    let other = try lab.augmentor("http://127.0.0.1:2/v1", ["concurrency": "9", "stream": "true", "key": "KEY"])
    #expect(other.fingerprint == augmentor.fingerprint)
    for change in [["temperature": "0.7"], ["model": "large"], ["api": "completions"], ["promptSlot": "user"]] {
      #expect(try lab.augmentor("http://127.0.0.1:1/v1", change).fingerprint != augmentor.fingerprint, "\(change)")
    }
    #expect(try lab.augmentor("http://127.0.0.1:1/v1", extra: ["top_k": "1"]).fingerprint != augmentor.fingerprint)
    #expect(throws: PluginError.self) { try lab.augmentor("http://127.0.0.1:1/v1", extra: ["messages": "x"]) }
    #expect(throws: PluginError.self) { try lab.augmentor("http://127.0.0.1:1/v1", ["maxCost": "1"]) }
    #expect(throws: Diagnostics.self) { try lab.augmentor("127.0.0.1:1/v1") }
  }
}
