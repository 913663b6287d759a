import PluginAPI
import Synchronization

/// Has contexts written by a server.
final class RemoteLLMAugmentor: CostEstimator, OrderlyStop {
  let fingerprint: [String: String]
  private let options: RemoteLLMOptions
  private let body: RequestBody
  private let budget: Budget
  private let services: Services
  private let hasWarned = Atomic(false)
  private let isStopped = Atomic(false)

  init(_ options: RemoteLLMOptions, services: Services) throws {
    self.options = options
    self.services = services
    body = try RequestBody(options)
    budget = Budget(options)
    if options.maxCost != nil, options.promptPrice + options.completionPrice == 0 {
      throw PluginError("`maxCost` is given without prices", hint: "give `promptPrice` and `completionPrice`")
    }
    fingerprint = try Self.fingerprint(options)
  }

  /// What the text depends on besides the request. Where the server runs is left out: the same model behind another address
  /// goes on with the same contexts.
  private static func fingerprint(_ o: RemoteLLMOptions) throws -> [String: String] {
    var names = [
      "model": o.model, "api": o.api.rawValue, "maxNewTokens": "\(o.maxNewTokens)", "temperature": "\(o.temperature)",
      "topP": "\(o.topP)",
    ]
    switch o.api {
    case .chat: names["promptSlot"] = o.promptSlot.rawValue
    case .completions: if let template = o.template { names["template"] = template }
    }
    if o.frequencyPenalty != 0 { names["frequencyPenalty"] = "\(o.frequencyPenalty)" }
    if o.presencePenalty != 0 { names["presencePenalty"] = "\(o.presencePenalty)" }
    if let stop = o.stop, !stop.isEmpty { names["stop"] = "\(stop)" }
    if let omit = o.omit, !omit.isEmpty { names["omit"] = "\(omit.sorted())" }
    if o.stripThinking { names["stripThinking"] = "true" }
    if let extra = o.extra, extra != .null { names["extra"] = String(decoding: try extra.bytes(), as: UTF8.self) }
    return names
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    // The network and the key are asked for when there is something to send: what is stored is served without them.
    guard !requests.isEmpty else { return AsyncThrowingStream { $0.finish() } }
    let server = Server(
      http: try services.http(), key: try options.key.map { try services.secret($0) }, address: body.address, options: options)
    return AsyncThrowingStream { answers in
      let task = Task.detached { [self] in
        do {
          try await ask(requests, server) { answers.yield($0) }
          answers.finish()
        } catch { answers.finish(throwing: error) }
      }
      answers.onTermination = { _ in task.cancel() }
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Asks for so many at a time. After a failure or a stop nothing new is asked; what is under way is waited for, since it is
  /// paid for.
  private func ask(
    _ requests: [ContextRequest], _ server: Server, _ answered: @escaping @Sendable ((index: Int, context: Context)) -> Void
  ) async throws {
    let failure = await withTaskGroup(of: (any Error)?.self) { group -> (any Error)? in
      var failure: (any Error)?, underWay = 0
      func waitForOne() async {
        guard let ended = await group.next() else { return }
        underWay -= 1
        if let error = ended { failure = failure ?? error }
      }
      for request in requests {
        while underWay >= options.concurrency { await waitForOne() }
        let guess = body.guessedTokens(request)
        var granted = false
        while !granted, failure == nil, !Task.isCancelled, !isStopped.load(ordering: .relaxed) {
          switch budget.reserve(prompt: guess, completion: options.maxNewTokens) {
          case .granted: granted = true
          case .later:
            // Those under way may also be of another call.
            if underWay > 0 { await waitForOne() } else { try? await Task.sleep(for: .milliseconds(20)) }
          case .spent(let what): failure = HTTPFailure(.quota, place(request) + what, attempts: 0)
          }
        }
        guard granted else { break }
        underWay += 1
        group.addTask { [self] in
          do {
            answered((request.index, try await context(request, guess, server)))
            return nil
          } catch { return error }
        }
      }
      while underWay > 0 { await waitForOne() }
      return failure
    }
    if let failure { throw failure }
  }

  /// A request that failed on its own is answered, so that the others go on; throws what would befall them too.
  private func context(_ request: ContextRequest, _ guess: Int, _ server: Server) async throws -> Context {
    var used: (prompt: Int, completion: Int)?
    defer { budget.settle(prompt: guess, completion: options.maxNewTokens, used: used) }
    let start = ContinuousClock.now
    let answer: Answer
    do { answer = try await server.answer(body.json(request)) } catch var failure as HTTPFailure {
      if failure.concernsOneRequest { return .failed(failure.message) }
      failure.message = place(request) + failure.message
      throw failure
    }
    // A server that does not tell what it used is taken to have used what the texts' lengths say.
    used = (answer.promptTokens ?? guess, answer.completionTokens ?? (answer.text.count + 3) / 4)
    let text = options.stripThinking ? answer.withoutThinking : answer.text
    if let reason = whyNothing(text, answer.finish) { return .failed(reason) }
    var details: [String: String] = [:]
    details["id"] = answer.id
    details["model"] = answer.model
    details["system_fingerprint"] = answer.systemFingerprint
    let (seconds, attoseconds) = start.duration(to: .now).components
    return Context(
      text: text, finish: finish(answer), tokens: answer.completionTokens, source: answer.model ?? options.model,
      promptTokens: answer.promptTokens,
      milliseconds: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000), details: details)
  }

  /// The server's word for why the text ends, but not the host's for a request that failed.
  private func finish(_ answer: Answer) -> String {
    let word = answer.finish ?? "stop"
    return word == "failed" ? "server: failed" : word
  }

  /// Why an answer without text is none: the model used its tokens for something else. Nil where it is an answer.
  private func whyNothing(_ text: String, _ finish: String?) -> String? {
    guard text.allSatisfy(\.isWhitespace), let finish, let remedy = Self.remedies[finish] else { return nil }
    let reason = "the model spent its tokens without writing a text (`finish_reason: \(finish)`)"
    if !hasWarned.exchange(true, ordering: .relaxed) { services.log(.warning, "remote-llm: \(reason); \(remedy)") }
    return reason
  }

  private static let remedies = [
    "length": "where it thinks first, raise `maxNewTokens`, or have it think less by `extra`, such as {reasoning_effort: low}",
    "tool_calls": "it calls tools instead: forbid them by `extra: {tool_choice: none}`",
  ]

  /// Names a sentence in a message.
  private func place(_ request: ContextRequest) -> String {
    let sentence = request.words.joined(separator: " ")
    let shown = sentence.count > 60 ? sentence.prefix(60) + "…" : sentence
    return "sentence \(request.position) (`\(shown)`): "
  }

  func estimate(for requests: [ContextRequest]) async throws -> CostEstimate {
    let prompt = requests.reduce(0) { $0 + body.guessedTokens($1) }, completion = requests.count * options.maxNewTokens
    var estimate = CostEstimate(
      promptTokens: prompt, maxNewTokens: completion, example: requests.first.map { body.shown($0) })
    estimate.isGuess = true
    if options.promptPrice + options.completionPrice > 0 { estimate.cost = budget.price(prompt, completion) }
    return estimate
  }
}
