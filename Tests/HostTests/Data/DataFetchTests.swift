import FoundationEssentials
import PluginAPI
import Synchronization
import TestSupport
import Testing

@testable import Host

@Suite("calm data fetch") struct DataFetchTests {
  /// Answers what the test says, and notes what it was asked.
  private final class Archive: HTTPClient {
    private let answer: @Sendable (String) throws -> String
    private let urls = Mutex<[String]>([])
    var asked: [String] { urls.withLock { $0 } }

    init(_ answer: @escaping @Sendable (String) throws -> String) { self.answer = answer }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      urls.withLock { $0.append(request.url) }
      return HTTPResponse(status: 200, headers: [], body: Array(try answer(request.url).utf8))
    }
    func send(
      _ request: HTTPRequest, inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure?
    ) async throws -> HTTPResponse { try await send(request) }
    func stream(
      _ request: HTTPRequest
    ) async throws -> (response: HTTPResponse, body: AsyncThrowingStream<[UInt8], any Error>) {
      throw HTTPFailure(.refused, "no streams")
    }
  }

  private static func file(_ name: String, _ text: String) -> PublishedDataset.File {
    .init(name: name, path: "there/\(name)", sha256: Digest.sha256(of: Array(text.utf8)))
  }
  private let tiny = PublishedDataset(
    name: "tiny", source: "o/r/c", files: [file("train.conll", "a O\n"), file("test.conll", "b O\n")], terms: "CC0")

  @Test func missingFilesAreFetchedOnce() async throws {
    let lab = try Lab(), archive = Archive { $0.hasSuffix("train.conll") ? "a O\n" : "b O\n" }
    let fetch = DatasetFetch(folder: lab.path("data"), origin: "http://h") { archive }
    let paths = try await fetch.fetch(tiny) { _ in }
    #expect(paths == ["train", "test"].map { lab.path("data/tiny/\($0).conll") })
    #expect(archive.asked == ["train", "test"].map { "http://h/o/r/c/there/\($0).conll" })
    #expect(try Array(lab.bytes("data/tiny/test.conll")) == Array("b O\n".utf8))
    #expect(try await fetch.fetch(tiny) { _ in } == paths && archive.asked.count == 2)
  }

  @Test func onlyThePublishedFilesCount() async throws {
    let lab = try Lab(), archive = Archive { _ in "<html>rate limit</html>" }
    let fetch = DatasetFetch(folder: lab.path("data"), origin: "http://h") { archive }
    let altered = await #expect(throws: Diagnostic.self) { try await fetch.fetch(tiny) { _ in } }
    #expect(altered?.code == "N502" && altered?.message.contains("http://h/o/r/c/there/train.conll") == true)
    #expect(!FileManager.default.fileExists(atPath: lab.path("data/tiny/train.conll")))
    try lab.write("mine", to: "data/tiny/train.conll")
    let other = await #expect(throws: Diagnostic.self) { try await fetch.fetch(tiny) { _ in } }
    #expect(other?.message.contains("other content") == true && archive.asked.count == 1)
    #expect(try Array(lab.bytes("data/tiny/train.conll")) == Array("mine".utf8))
  }

  @Test func failuresSayWhatToDo() async throws {
    let lab = try Lab()
    let archive = Archive { _ in throw HTTPFailure(.unreachable, "http://h takes no connection", retries: true) }
    let fetch = DatasetFetch(folder: lab.path("data"), origin: "http://h") { archive }
    let fault = await #expect(throws: Diagnostic.self) { try await fetch.fetch(tiny) { _ in } }
    #expect(fault?.hint?.contains("data/tiny/train.conll") == true && fault?.hint?.contains("--mirror") == true)
  }

  /// The command, from a mirror on this machine; with the real files where they are at hand.
  @Test func theCommand() throws {
    let lab = try Lab()
    let folder = SharedFolder.data + "/wnut17", isReal = SharedFolder.has(folder)
    let server = try LoopbackServer { request, connection in
      let file = PublishedDataset.wnut17.files.first { request.path.hasSuffix("/" + $0.path) }
      let found = file.flatMap { FileManager.default.contents(atPath: "\(folder)/\($0.name)") }
      connection.answer(200, found.map(Array.init) ?? Array("none".utf8))
    }
    defer { server.stop() }
    let command = ["data", "fetch", "wnut17", "-o", lab.path("data"), "--mirror", "http://127.0.0.1:\(server.port)/"]
    let told = try lab.calm(command)
    if isReal {
      #expect(told.code == 0 && told.errors.contains("CC BY 4.0"), "\(told.errors)")
      #expect(told.output == PublishedDataset.wnut17.files.map { lab.path("data/wnut17/\($0.name)\n") }.joined())
      #expect(try lab.calm("data", "check", lab.path("data/wnut17/test.conll")).output.contains("1287"))
    } else {
      #expect(told.code == 5 && told.errors.contains("N502"), "\(told.errors)")
    }
    let unknown = try lab.calm("data", "fetch", "conll2003")
    #expect(unknown.code == 2 && unknown.errors.contains("conllpp"))
  }
}
