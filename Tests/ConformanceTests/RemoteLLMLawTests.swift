import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host
@testable import RemoteLLM

/// A network on which every server repeats the end of what it was sent.
private struct EchoNetwork: HTTPClient, ServiceProvider {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await Task.sleep(for: .milliseconds(1))
    let text = String(decoding: request.body.suffix(20), as: UTF8.self)
    return HTTPResponse(status: 200, headers: [], body: Array(FakeLanguageServer.whole(text, chat: true).utf8))
  }

  func send(
    _ request: HTTPRequest, inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure?
  ) async throws -> HTTPResponse {
    let response = try await send(request)
    if let failure = inspect(response) { throw failure }
    return response
  }

  func stream(
    _ request: HTTPRequest
  ) async throws -> (response: HTTPResponse, body: AsyncThrowingStream<[UInt8], any Error>) {
    throw HTTPFailure(.answer, "it does not stream")
  }

  func http() throws -> any HTTPClient { self }
  func secret(_ name: String) throws -> Secret { throw PluginError("there is no key") }
  func encoder(_ plugin: String, options: ConfigNode) throws -> any TokenEncoder { throw PluginError("there is none") }
}

@Suite("Laws of remote-llm")
struct RemoteLLMLawTests {
  @Test func areKept() async throws {
    let mark = SourceMark(file: "test", line: 1, column: 1)
    let entries = [("endpoint", "http://localhost/v1"), ("model", "tiny")].map { name, value in
      ConfigNode.Entry(.init(name, mark: mark), ConfigNode(.scalar(value, quoted: true), mark: mark))
    }
    let options = try decodeOptions(RemoteLLMOptions.self, from: ConfigNode(.map(entries), mark: mark), what: "test")
    let services = Services(seed: 1, cacheFolder: "/tmp", provider: EchoNetwork()) { _, _ in }
    let results = await checkAugmentor(try RemoteLLMAugmentor(options, services: services), manifest: RemoteLLM.manifest)
    // A server's texts are only recorded.
    expectKept(results, untried: ["equal requests get equal texts", "texts depend neither on order nor on batch"])
  }
}
