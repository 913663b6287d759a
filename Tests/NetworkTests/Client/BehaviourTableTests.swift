import Dispatch
import FoundationEssentials
import Glibc
import NetworkPolicy
import PluginAPI
import Synchronization
import TestSupport
import Testing

@testable import CalmNetwork

/// Every row of the table in `Documentation/network.md` against the real client.
@Suite("Behaviours of servers")
struct BehaviourTableTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var server: String, outcome: String, tries: Int, says: String
    var testDescription: String { server }
  }

  static let rows: [Row] = {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let page = FileManager.default.contents(atPath: root + "/Documentation/network.md") ?? Data()
    return String(decoding: page, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap { line in
      let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
      guard cells.count == 4, let tries = Int(cells[2]) else { return nil }
      return Row(server: cells[0], outcome: cells[1], tries: tries, says: cells[3])
    }
  }()

  @Test func thePageHasTheTable() { #expect(Self.rows.count >= 40) }

  @Test(arguments: rows) func row(_ row: Row) async throws {
    switch row.server {
    case "takes no connection": try await takesNone(row)
    case "is not there": try await isAbsent(row)
    case "redirects to a host that is allowed": try await redirectsElsewhere(row)
    case "speaks no TLS where https is asked for":
      let server = try LoopbackServer { _, connection in connection.answer("well") }
      defer { server.stop() }
      try await expect(row, url: "https://127.0.0.1:\(server.port)/", hosts: ["127.0.0.1:\(server.port)"], asked: nil)
    case "shows a certificate that nobody vouches for": try await showsOwnCertificate(row)
    case let name where Behaviour.handlers[name] != nil: try await against(row, Behaviour.handlers[name])
    default:
      let statuses = row.server.split { !$0.isNumber }.compactMap { Int($0) }
      try #require(!statuses.isEmpty, "no server does this: \(row.server)")
      for status in statuses { try await against(row, Behaviour.answering(status)) }
    }
  }

  private func against(_ row: Row, _ handler: Behaviour.Handler?) async throws {
    let number = Mutex(0)
    let server = try LoopbackServer { request, connection in
      let this = number.withLock { number in
        defer { number += 1 }
        return number
      }
      handler?(this, request, connection)
    }
    defer { server.stop() }
    let begin = ContinuousClock.now
    try await expect(row, url: "http://127.0.0.1:\(server.port)/page", hosts: ["127.0.0.1:\(server.port)"]) {
      server.requests.count
    }
    if row.server.contains("`Retry-After: 1`") || row.server.contains("a date in") {
      #expect(begin.duration(to: .now) >= .seconds(0.95), "it did not wait")
    }
    for request in server.requests { #expect(request.headers["x-key"] == "sesame") }
  }

  /// - Parameter asked: how often the server was asked; where it cannot count, nothing is compared.
  private func expect(_ row: Row, url: String, hosts: [String], asked: (() -> Int)?) async throws {
    let client = NetworkClient(try policy(hosts)) { _, _ in }
    let request = HTTPRequest("POST", url, secrets: [("x-key", Secret("sesame", name: "KEY"))], body: Array("hello".utf8))
    do {
      let response = try await withTaskExecutorPreference(OwnThreads.shared) {
        try await client.send(request) { response in
          let text = String(decoding: response.body, as: UTF8.self)
          guard text.hasPrefix("error: ") else { return nil }
          return HTTPFailure(.answer, text, retries: text.hasSuffix("again"))
        }
      }
      #expect(row.outcome == "success")
      #expect(response.status == 204 ? response.body.isEmpty : response.body == Array("well".utf8))
    } catch let failure as HTTPFailure {
      #expect(failure.kind.rawValue == row.outcome, "\(failure)")
      #expect(failure.message.contains(row.says), "\(failure.message)")
      #expect(!failure.message.contains("sesame") && !failure.body.contains("sesame"))
    }
    if let asked { #expect(asked() == row.tries) }
  }

  private func takesNone(_ row: Row) async throws {
    let server = try LoopbackServer(accepts: false) { _, _ in }
    let filling = fillQueue(port: server.port)
    defer {
      for client in filling { close(client) }
      server.stop()
    }
    try await expect(row, url: "http://127.0.0.1:\(server.port)/", hosts: ["127.0.0.1:\(server.port)"], asked: nil)
  }

  private func isAbsent(_ row: Row) async throws {
    let server = try LoopbackServer { _, _ in }
    server.stop()
    try await expect(row, url: "http://127.0.0.1:\(server.port)/", hosts: ["127.0.0.1:\(server.port)"], asked: nil)
  }

  private func redirectsElsewhere(_ row: Row) async throws {
    let other = try LoopbackServer { _, connection in connection.answer("well") }
    let first = try LoopbackServer { [port = other.port] _, connection in
      connection.answer(307, headers: ["location": "http://127.0.0.1:\(port)/there"])
    }
    defer {
      other.stop()
      first.stop()
    }
    let hosts = [first, other].map { "127.0.0.1:\($0.port)" }
    try await expect(row, url: "http://127.0.0.1:\(first.port)/", hosts: hosts) { first.requests.count }
    #expect(other.requests.map { $0.headers["x-key"] } == [nil])
    #expect(other.requests.map(\.text) == ["hello"])
  }

  /// By the system's openssl.
  private func showsOwnCertificate(_ row: Row) async throws {
    let server = try TLSServer()
    defer { server.stop() }
    try await expect(row, url: "https://127.0.0.1:\(server.port)/", hosts: ["127.0.0.1:\(server.port)"], asked: nil)
  }
}

/// Threads for what is timed: those that all tests share are taken by tests that wait for other programs.
private final class OwnThreads: TaskExecutor {
  static let shared = OwnThreads()
  private let queue = DispatchQueue(label: "network tests", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// The policy that the page gives, with hosts.
func policy(_ hosts: [String], _ more: [String: String] = [:]) throws -> HTTPPolicy {
  var values = [
    "retries": "2", "backoffSeconds": "0.01", "connectSeconds": "1", "readSeconds": "1", "totalSeconds": "3",
    "maxMegabytes": "0.25", "breakAfter": "1000",
  ]
  values.merge(more) { $1 }
  let mark = SourceMark(file: "test", line: 1, column: 1)
  func entry(_ name: String, _ value: ConfigNode.Value) -> ConfigNode.Entry {
    .init(.init(name, mark: mark), ConfigNode(value, mark: mark))
  }
  let entries = values.map { entry($0, .scalar($1, quoted: false)) }
  let list = hosts.map { ConfigNode(.scalar($0, quoted: true), mark: mark) }
  return try decodeOptions(
    HTTPPolicy.self, from: ConfigNode(.map(entries + [entry("hosts", .list(list))]), mark: mark), what: "test")
}
