import NetworkPolicy
import PluginAPI
import Synchronization
import Testing

@testable import CalmNetwork

/// Answers from a script, and a clock that runs only where something waits.
private final class Script: Transport {
  struct Step: Sendable {
    var status = 200
    var headers: [(name: String, value: String)] = []
    var body = "well"
    var failure: HTTPFailure?
  }
  private struct State {
    var steps: [Step]
    var exchanges: [Exchange] = []
    var waits: [Double] = []
    var time = 0.0
  }
  private let state: Mutex<State>

  init(_ steps: [Step]) { state = Mutex(State(steps: steps)) }

  var exchanges: [Exchange] { state.withLock { $0.exchanges } }
  var waits: [Double] { state.withLock { $0.waits } }
  func pass(_ seconds: Double) { state.withLock { $0.time += seconds } }

  var surroundings: Surroundings {
    Surroundings(
      uptime: { self.state.withLock { $0.time } }, now: { 0 },
      sleep: { seconds in
        self.state.withLock { state in
          state.waits.append(seconds)
          state.time += seconds
        }
      }, random: { 0.5 })
  }

  func open(_ exchange: Exchange) async throws -> OpenAnswer {
    let step = state.withLock { state -> Step in
      state.exchanges.append(exchange)
      return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
    }
    if let failure = step.failure { throw failure }
    let rest = Mutex<[UInt8]?>(Array(step.body.utf8))
    return OpenAnswer(
      status: step.status, headers: step.headers,
      next: {
        rest.withLock { rest in
          defer { rest = nil }
          return rest
        }
      })
  }
}

@Suite("The client's policy")
struct NetworkClientTests {
  private let url = "https://api.example/v1"

  private func client(_ script: Script, _ more: [String: String] = [:]) throws -> NetworkClient {
    let values = ["backoffSeconds": "2", "totalSeconds": "60", "breakAfter": "2", "breakSeconds": "30"].merging(more) { $1 }
    return NetworkClient(
      try policy(["api.example", "other.example"], values), transport: script, surroundings: script.surroundings
    ) { _, _ in }
  }

  private func failure(_ work: () async throws -> Void) async throws -> HTTPFailure {
    do { try await work() } catch let failure as HTTPFailure { return failure }
    Issue.record("nothing was thrown")
    throw CancellationError()
  }

  @Test func waitsDouble() async throws {
    let script = Script([.init(status: 503)])
    let client = try client(script)
    let failure = try await failure { _ = try await client.send(HTTPRequest("GET", url)) }
    #expect(script.waits == [1, 2] && script.exchanges.count == 3)
    #expect(failure.attempts == 3 && failure.message.hasSuffix("(3 tries)"))
  }

  @Test func waitsWhatTheServerAsksFor() async throws {
    let script = Script([
      .init(status: 429, headers: [("retry-after", "30")]),
      .init(status: 503, headers: [("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT")]), .init(),
    ])
    let response = try await client(script).send(HTTPRequest("GET", url))
    #expect(script.waits == [31, 62] && response.attempts == 3)
  }

  /// Plugins read answers too, and take what they find there for seconds.
  @Test(arguments: [Double.nan, .infinity, -5, 1e300]) func noSecondsAreTooMany(_ seconds: Double) async throws {
    let script = Script([.init()])
    let client = try client(script)
    let failure = try await failure {
      _ = try await client.send(HTTPRequest("GET", url)) { _ in
        HTTPFailure(.answer, "busy", retries: true, retryAfter: seconds)
      }
    }
    #expect(failure.message.contains("asks for a wait of 1000000000 s") == (seconds == 1e300), "\(failure)")
    #expect(script.exchanges.count == (seconds == 1e300 ? 1 : 3))
  }

  @Test func whatCannotBeRepeatedIsNot() async throws {
    let script = Script([.init(status: 503)])
    let client = try client(script)
    _ = try await failure { _ = try await client.send(HTTPRequest("POST", url, repeatable: false)) }
    #expect(script.exchanges.count == 1)
  }

  @Test func anEndpointThatFailsIsLeftAlone() async throws {
    let gone = Script.Step(failure: HTTPFailure(.connection, "gone"))
    let script = Script([gone, gone, .init()])
    let client = try client(script)
    for _ in 0..<2 { _ = try await failure { _ = try await client.send(HTTPRequest("GET", url)) } }
    let circuit = try await failure { _ = try await client.send(HTTPRequest("GET", url)) }
    #expect(circuit.kind == .circuit && circuit.message.contains("another 30 s") && script.exchanges.count == 2)
    // Another endpoint is not.
    #expect(try await client.send(HTTPRequest("GET", "https://other.example/")).status == 200)
    script.pass(30)
    #expect(try await client.send(HTTPRequest("GET", url)).status == 200)
  }

  @Test func refusalsOfTheServerDoNotOpenTheCircuit() async throws {
    let script = Script([.init(status: 404)])
    let client = try client(script)
    for _ in 0..<5 {
      let failure = try await failure { _ = try await client.send(HTTPRequest("GET", url)) }
      #expect(failure.status == 404)
    }
  }

  @Test func nothingIsSentThatIsNotAllowed() async throws {
    let script = Script([.init()])
    let client = try client(script)
    let key = Secret("sesame", name: "KEY")
    let requests = [
      HTTPRequest("GET", "https://evil.example/"), HTTPRequest("GET", "https://api.example:8443/"),
      HTTPRequest("GET", "http://api.example/", secrets: [("x-key", key)]), HTTPRequest("GET", "no address"),
      HTTPRequest("GET", "https://user:sesame@api.example/"), HTTPRequest("GET", "file:///etc/passwd"),
    ]
    for request in requests {
      let failure = try await failure { _ = try await client.send(request) }
      #expect(failure.kind == .refused, "\(request.url)")
    }
    #expect(script.exchanges.isEmpty)
    _ = try await client.send(HTTPRequest("GET", "http://api.example/"))
    #expect(script.exchanges.count == 1)
  }

  @Test func secretsStayWhereTheyBelong() async throws {
    let script = Script([
      .init(status: 307, headers: [("location", "/v2")]), .init(status: 307, headers: [("location", "https://other.example/")]),
      .init(status: 401, body: "no: a%2Fb a/b"),
    ])
    let client = try client(script)
    let key = Secret("a/b", name: "KEY")
    let request = HTTPRequest(
      "POST", url + "?q=1", headers: [("authorization", "Basic x")], secrets: [("x-key", key)], secretQuery: [("key", key)],
      body: [1])
    let failure = try await failure { _ = try await client.send(request) }
    let addresses = [url + "?q=1&key=a%2Fb", "https://api.example/v2", "https://other.example/"]
    #expect(script.exchanges.map(\.address.text) == addresses)
    #expect(script.exchanges.map { exchange in exchange.headers.contains { $0.value == "a/b" } } == [true, true, false])
    #expect(script.exchanges.last?.headers.contains { $0.name == "authorization" } == false)
    #expect(failure.message.hasSuffix("no: <KEY> <KEY>") && failure.body == "no: <KEY> <KEY>")
  }

  @Test func aSecretIsNotCarriedOffInALocation() async throws {
    for location in ["https://other.example/?k=sesame", "http://api.example/"] {
      let script = Script([.init(status: 302, headers: [("location", location)])])
      let client = try client(script)
      let failure = try await failure {
        _ = try await client.send(HTTPRequest("GET", url, secrets: [("x-key", Secret("sesame", name: "KEY"))]))
      }
      #expect(failure.kind == .refused && script.exchanges.count == 1 && !failure.message.contains("sesame"))
    }
  }

  @Test func aStreamGivesItsPlaceBack() async throws {
    let script = Script([.init()])
    let client = try client(script, ["concurrency": "1"])
    for _ in 0..<3 {
      let (response, body) = try await client.stream(HTTPRequest("GET", url))
      var bytes: [UInt8] = []
      for try await piece in body { bytes += piece }
      #expect(response.status == 200 && bytes == Array("well".utf8))
    }
  }
}

/// How many are inside, and were at most.
private actor Inside {
  private var now = 0
  private(set) var most = 0
  func come() {
    now += 1
    most = max(most, now)
  }
  func go() { now -= 1 }
}

@Suite("Places")
struct GateTests {
  @Test func soManyAtATimeInOrder() async throws {
    let gate = Gate(2)
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await gate.enter()
          await inside.come()
          try await Task.sleep(for: .milliseconds(2))
          await inside.go()
          gate.leave()
        }
      }
      try await group.waitForAll()
    }
    #expect(await inside.most == 2)
  }

  @Test func whoIsCancelledLeavesTheQueue() async throws {
    let gate = Gate(1)
    try await gate.enter()
    let waiting = Task { try await gate.enter() }
    try await Task.sleep(for: .milliseconds(20))
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    gate.leave()
    try await gate.enter()
  }
}
