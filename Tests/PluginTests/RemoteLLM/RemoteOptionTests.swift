import PluginAPI
import TestSupport
import Testing

@testable import RemoteLLM

@Suite("remote-llm, options")
struct RemoteOptionTests {
  private static let endpoint = "http://127.0.0.1:1/v1"

  @Test(arguments: [
    (["template": "{prompt}", "api": "completions"], "{sentence}"), (["template": "{sentence}"], "api: chat"),
  ])
  func templatesThatWasteARunAreRefused(_ options: [String: String], _ says: String) throws {
    let lab = try RemoteLab(port: 1)
    let error = #expect(throws: PluginError.self) { try lab.augmentor(Self.endpoint, options) }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test func fieldsThatNobodyKnowsCannotBeOmitted() throws {
    let lab = try RemoteLab(port: 1)
    let error = #expect(throws: PluginError.self) { try lab.augmentor(Self.endpoint, omit: ["top_p", "sed"]) }
    #expect(error?.message.contains("`sed`") == true && error?.hint.contains("did you mean `seed`?") == true)
    #expect(throws: PluginError.self) { try lab.augmentor(Self.endpoint, omit: ["messages"]) }
  }

  @Test(arguments: [
    ("", "/v1/chat/completions"), ("/", "/v1/chat/completions"),
    ("?api-version=1", "/v1/chat/completions?api-version=1"), ("/?a=b/&c=d", "/v1/chat/completions?a=b/&c=d"),
  ])
  func theQueryOfAnEndpointStaysAtItsEnd(_ end: String, _ path: String) async throws {
    let server = try FakeLanguageServer()
    defer { server.stop() }
    let augmentor = try RemoteLab(port: server.port).augmentor(server.endpoint + end)
    #expect(await ask(augmentor, remoteRequests(1)).contexts[0]?.text == "about sentence 0")
    #expect(server.requests.map(\.path) == [path])
  }
}
