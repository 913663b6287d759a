import FoundationEssentials
import NetworkPolicy
import PluginAPI
import Synchronization

/// The network as the policy allows it: tries, waits, limits, and no secret in what it says.
final class NetworkClient: Plugin, PluginAPI.HTTPClient {
  private let policy: HTTPPolicy
  private let allowed: AllowedHosts
  private let transport: any Transport
  private let surroundings: Surroundings
  private let log: @Sendable (LogLevel, String) -> Void
  private let endpoints = Mutex<[String: Endpoint]>([:])

  init(
    _ policy: HTTPPolicy, transport: (any Transport)? = nil, surroundings: Surroundings = Surroundings(),
    log: @escaping @Sendable (LogLevel, String) -> Void
  ) {
    self.policy = policy
    allowed = AllowedHosts(policy.hosts)
    self.transport = transport ?? Wire(policy, allowed)
    self.surroundings = surroundings
    self.log = log
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await send(request) { _ in nil } }

  func send(
    _ request: HTTPRequest, inspect: @escaping @Sendable (HTTPResponse) -> HTTPFailure?
  ) async throws -> HTTPResponse {
    try await tried(request) { exchange, endpoint, attempt in
      try await endpoint.gate.enter()
      defer { endpoint.gate.leave() }
      return try await self.timed(exchange.address) {
        let answer = try await self.follow(exchange, request.allSecrets)
        let body = try await self.body(of: answer, exchange.address)
        let response = HTTPResponse(status: answer.status, headers: answer.headers, body: body, attempts: attempt)
        if let failure = inspect(response) { throw failure }
        return response
      }
    }
  }

  func stream(
    _ request: HTTPRequest
  ) async throws -> (response: HTTPResponse, body: AsyncThrowingStream<[UInt8], any Error>) {
    try await tried(request) { exchange, endpoint, attempt in
      try await endpoint.gate.enter()
      do {
        let begin = self.surroundings.uptime()
        let answer = try await self.timed(exchange.address) { try await self.follow(exchange, request.allSecrets) }
        let left = self.policy.totalSeconds - (self.surroundings.uptime() - begin)
        let body = self.relay(answer, exchange.address, request.allSecrets, seconds: left) { endpoint.gate.leave() }
        return (HTTPResponse(status: answer.status, headers: answer.headers, body: [], attempts: attempt), body)
      } catch {
        endpoint.gate.leave()
        throw error
      }
    }
  }

  /// Makes tries until one succeeds, another would not help, or there have been enough.
  private func tried<Answer: Sendable>(
    _ request: HTTPRequest, _ attempt: @Sendable (Exchange, Endpoint, Int) async throws -> Answer
  ) async throws -> Answer {
    let exchange = try exchange(request)
    let endpoint = endpoint(exchange.address)
    try endpoint.admit(exchange.address, uptime: surroundings.uptime())
    var outcome: (any Error)?
    defer { endpoint.note(outcome, uptime: surroundings.uptime()) }
    for number in 1... {
      do {
        return try await attempt(exchange, endpoint, number)
      } catch let failure as HTTPFailure {
        var clean = failure.redacted(request.allSecrets, attempts: number)
        // Plugins read answers too, and may have taken any number for seconds.
        clean.retryAfter = clean.retryAfter.flatMap(RetryAfter.plausible)
        outcome = clean
        let seconds = try wait(after: clean, number, request)
        tell(clean, number, seconds)
        do { try await surroundings.sleep(seconds) } catch {
          outcome = error
          throw error
        }
        outcome = nil
      } catch {
        outcome = error
        throw error
      }
    }
    throw CancellationError()  // Never reached: the loop has no end.
  }

  /// Seconds before the next try; throws the failure where there is to be none.
  private func wait(after failure: HTTPFailure, _ number: Int, _ request: HTTPRequest) throws(HTTPFailure) -> Double {
    guard failure.retries, request.repeatable, number <= policy.retries else {
      var last = failure
      if number > 1 { last.message += " (\(number) tries)" }
      throw last
    }
    guard
      let seconds = Backoff(policy).wait(number - 1, random: surroundings.random(), least: failure.retryAfter)
    else {
      var last = failure
      last.message +=
        "; it asks for a wait of \(Int(failure.retryAfter ?? 0)) s, longer than `http.longestWaitSeconds` allows"
      throw last
    }
    return seconds
  }

  private func tell(_ failure: HTTPFailure, _ number: Int, _ seconds: Double) {
    let shown = (seconds * 10).rounded() / 10
    log(seconds < 10 ? .debug : .warning, "\(failure.message); try \(number + 1) of \(policy.retries + 1) in \(shown) s")
  }

  /// One try: the request, and what it is redirected to. Throws where the final answer is no success.
  private func follow(_ first: Exchange, _ secrets: [Secret]) async throws -> OpenAnswer {
    var exchange = first
    for _ in 0...Exchange.mostRedirects {
      try check(exchange.address, carriesSecrets: !secrets.isEmpty && exchange.address.origin == first.address.origin)
      let answer = try await transport.open(exchange)
      if let next = try exchange.redirected(by: answer, secrets: secrets) {
        exchange = next
        continue
      }
      if (200...299).contains(answer.status) {
        // What is announced as too large need not be read to be refused.
        let announced = answer.header("content-length").flatMap(Int.init) ?? 0
        guard announced <= policy.maxBytes else { throw HTTPFailure.tooLarge(exchange.address, policy) }
        return answer
      }
      let beginning = try await beginning(of: answer)
      throw AnswerFault.of(
        exchange.address, status: answer.status, headers: answer.headers, body: beginning, now: surroundings.now(),
        secrets: secrets)
    }
    throw HTTPFailure(.answer, "\(first.address) redirects more than \(Exchange.mostRedirects) times")
  }

  private func check(_ address: WebAddress, carriesSecrets: Bool) throws(HTTPFailure) {
    guard allowed.names(address) else {
      let entry = address.port == 80 || address.port == 443 ? address.host : "\(address.host):\(address.port)"
      throw HTTPFailure(.refused, "\(address): the experiment does not allow this host; add `\(entry)` to `http.hosts`")
    }
    let isOwn = address.host == "localhost" || address.host.hasSuffix(".localhost")
    let reach = NetworkAddress(address.host)?.reach ?? (isOwn ? .loopback : .public)
    if carriesSecrets, address.scheme == "http", reach == .public {
      throw HTTPFailure(.refused, "\(address): a key is not sent over http, which anybody could read; use https")
    }
  }

  private func timed<Value: Sendable>(
    _ address: WebAddress, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await within(policy.totalSeconds, else: tooSlow(address), work)
  }

  private func tooSlow(_ address: WebAddress) -> HTTPFailure {
    HTTPFailure(.timeout, "\(address) did not finish its answer within \(policy.totalSeconds) s", retries: true)
  }

  private func body(of answer: OpenAnswer, _ address: WebAddress) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await answer.next() {
      guard bytes.count + piece.count <= policy.maxBytes else { throw HTTPFailure.tooLarge(address, policy) }
      bytes += piece
    }
    return bytes
  }

  /// What is enough of an error's body to tell what it says.
  private func beginning(of answer: OpenAnswer) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < 65536, let piece = try? await answer.next() { bytes += piece }
    try Task.checkCancellation()
    return bytes
  }

  /// The pieces of a body as they come, within what is left of the time and the size. `ended` is called once.
  private func relay(
    _ answer: OpenAnswer, _ address: WebAddress, _ secrets: [Secret], seconds: Double, ended: @escaping @Sendable () -> Void
  ) -> AsyncThrowingStream<[UInt8], any Error> {
    let (stream, pieces) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
    let task = Task { [policy, slow = tooSlow(address)] in
      do {
        try await within(seconds, else: slow) {
          var count = 0
          while let piece = try await answer.next() {
            count += piece.count
            guard count <= policy.maxBytes else { throw HTTPFailure.tooLarge(address, policy) }
            pieces.yield(piece)
          }
        }
        pieces.finish()
      } catch let failure as HTTPFailure {
        pieces.finish(throwing: failure.redacted(secrets, attempts: failure.attempts))
      } catch {
        pieces.finish(throwing: error)
      }
      ended()
    }
    pieces.onTermination = { _ in task.cancel() }
    return stream
  }

  private func endpoint(_ address: WebAddress) -> Endpoint {
    endpoints.withLock { endpoints in
      if let known = endpoints[address.origin] { return known }
      let made = Endpoint(policy)
      endpoints[address.origin] = made
      return made
    }
  }

  /// The request as it is sent first.
  private func exchange(_ request: HTTPRequest) throws(HTTPFailure) -> Exchange {
    var url = request.url
    for (name, value) in request.secretQuery { url += (url.contains("?") ? "&" : "?") + name + "=" + value.percentEncoded }
    guard let address = WebAddress(url) else {
      let shown = AnswerFault.summary(request.url.prefix { $0 != "?" }.filter { $0 != "@" }, limit: 100)
      throw HTTPFailure(.refused, "`\(shown)` is no address like https://host/path", attempts: 0)
    }
    var headers = request.headers
    headers += request.secrets.map { (name: $0.name, value: $0.value.value) }
    func add(_ name: String, _ value: String) {
      if !headers.contains(where: { $0.name.lowercased() == name }) { headers.append((name, value)) }
    }
    add("user-agent", "calm/1.0")
    add("accept-encoding", "gzip")
    return Exchange(method: request.method, address: address, headers: headers, body: request.body)
  }
}

extension HTTPRequest {
  /// What must show nowhere: the values, and of `Bearer KEY` the key too.
  fileprivate var allSecrets: [Secret] {
    let whole = secrets.map(\.value) + secretQuery.map(\.value)
    return whole
      + whole.flatMap { secret -> [Secret] in
        guard let space = secret.value.lastIndex(of: " ") else { return [] }
        let word = String(secret.value[space...].dropFirst())
        // `Basic` has the password in another form than the one that a server may repeat.
        let login = secret.value.hasPrefix("Basic ") ? Data(base64Encoded: word) : nil
        let password = login?.split(separator: UInt8(ascii: ":"), maxSplits: 1).dropFirst().first
          .map { String(decoding: $0, as: UTF8.self) }
        return ([word] + [password].compactMap { $0 }).map { Secret($0, name: secret.name) }
      }
  }
}

extension HTTPFailure {
  fileprivate func redacted(_ secrets: [Secret], attempts: Int) -> HTTPFailure {
    var copy = self
    for secret in secrets {
      copy.message = secret.redacted(from: copy.message)
      copy.body = secret.redacted(from: copy.body)
    }
    copy.attempts = attempts
    return copy
  }
}
