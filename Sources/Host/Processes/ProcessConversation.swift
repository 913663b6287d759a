import Glibc
import PluginAPI

/// What is said to a plugin's process, and what is done when it ends. Only the session's thread comes here, hence `@unchecked Sendable`.
final class ProcessConversation: @unchecked Sendable {
  /// Requests in a frame: enough for a language model to write several texts at once, few enough to be asked again one by one.
  static let batch = 64
  /// How often the process may end with a request in flight.
  static let tries = 3

  private let launch: ProcessLaunch
  private var child: PluginChild?
  private var creation: HostFrame.Creation?
  private var fingerprint: [String: String]?
  private var log: @Sendable (LogLevel, String) -> Void = { _, _ in }
  /// Failures since the last answer.
  private var failures = 0

  init(_ launch: ProcessLaunch) { self.launch = launch }

  func describe() throws -> PluginSelfDescription {
    do {
      return try described(by: running())
    } catch let failure as ChildFailure {
      throw failure.diagnostic(launch.id)
    }
  }

  func create(
    _ creation: HostFrame.Creation, log: @escaping @Sendable (LogLevel, String) -> Void
  ) throws -> [String: String] {
    self.creation = creation
    self.log = log
    do {
      let fingerprint = try created(by: running())
      self.fingerprint = fingerprint
      return fingerprint
    } catch let failure as ChildFailure {
      throw failure.diagnostic(launch.id)
    }
  }

  func end() {
    child?.end(patience: .seconds(1))
    child = nil
  }

  // MARK: One step of the protocol

  /// The child, started now if there is none.
  private func running() throws -> PluginChild {
    if let child { return child }
    do throws(ChildProcess.StartError) {
      let child = try PluginChild(launch.arguments)
      self.child = child
      return child
    } catch {
      throw Diagnostic("P331", "plugin `\(launch.id)`: \(error)")
    }
  }

  private func described(by child: PluginChild) throws -> PluginSelfDescription {
    try child.send(.describe)
    guard case .description(let description) = try next(child, due: "description") else { throw unexpected("description") }
    return description
  }

  private func created(by child: PluginChild) throws -> [String: String] {
    guard let creation else { throw PluginError("nothing says how it is to be made") }
    try child.send(.create(creation))
    guard case .created(let fingerprint) = try next(child, due: "created") else { throw unexpected("created") }
    return fingerprint
  }

  /// The next frame; `error` is thrown, and a child that has failed is gone.
  private func next(_ child: PluginChild, due: String, until stop: StopFlag? = nil) throws -> PluginFrame {
    do {
      let frame = try child.receive(within: launch.timeLimit, log: log) { stop?.isUp ?? false }
      guard case .error(let fault) = frame else { return frame }
      guard let code = fault.code else { throw PluginError(fault.message, hint: fault.hint ?? "") }
      throw Diagnostic(code, fault.message, hint: fault.hint)
    } catch let failure as ChildFailure {
      self.child = nil
      throw failure
    }
  }

  private func unexpected(_ due: String) -> ChildFailure {
    child?.end(patience: .zero)
    child = nil
    return .broken(what: "another frame where `\(due)` is due", words: [])
  }

  // MARK: Answers

  func answer(_ requests: [ContextRequest], into answers: AnswerStream.Continuation, until stop: StopFlag) {
    var open = Dictionary(requests.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    var waiting = requests.map(\.index)[...], alone: [Int] = [], tries: [Int: Int] = [:]
    while !stop.isUp {
      var batch = alone.popLast().map { [$0] } ?? []
      if batch.isEmpty {
        batch = Array(waiting.prefix(Self.batch))
        waiting.removeFirst(batch.count)
      }
      if batch.isEmpty { return answers.finish() }
      do {
        try ask(batch.compactMap { open[$0] }, until: stop) { index, context in
          guard open.removeValue(forKey: index) != nil, batch.contains(index) else {
            throw PluginError("it answered request \(index), which is not asked or has an answer already")
          }
          failures = 0
          answers.yield((index: index, context: context))
        }
        if let missing = batch.first(where: { open[$0] != nil }) {
          throw PluginError("it says `done`, but has not answered request \(missing)")
        }
      } catch ChildFailure.cancelled {
        break
      } catch let failure as ChildFailure {
        // One of those that were not answered is to blame: alone, each shows whether it is the one.
        for index in batch.reversed() where open[index] != nil {
          tries[index, default: 0] += 1
          if tries[index] == Self.tries {
            open[index] = nil
            answers.yield((index: index, context: .failed(reason(failure))))
          } else {
            alone.append(index)
          }
        }
        log(.warning, "plugin `\(launch.id)`: its process \(failure.text); it is started again")
        rest(until: stop)
      } catch {
        // A reader that lost its place would take the rest for answers to something else.
        if !(error is Diagnostic) { end() }
        return answers.finish(throwing: error)
      }
    }
    child?.end(patience: .zero)
    child = nil
    answers.finish()
  }

  private func ask(
    _ requests: [ContextRequest], until stop: StopFlag, _ take: (Int, Context) throws -> Void
  ) throws {
    let child = try ready(until: stop)
    try child.send(.ask(requests.map(AskedRequest.init)))
    while true {
      switch try next(child, due: "answer", until: stop) {
      case .answer(let answer): try take(answer.index, Context(answer))
      case .failure(let index, let message): try take(index, .failed(message))
      case .done: return
      default: throw unexpected("answer")
      }
    }
  }

  /// The child, made as it was at first. What has failed to start three times does not start.
  private func ready(until stop: StopFlag) throws -> PluginChild {
    if let child { return child }
    var tries = 1
    while true {
      do {
        let child = try running()
        _ = try described(by: child)
        let again = try created(by: child)
        guard again == fingerprint else {
          throw PluginError(
            "it was started again, and its fingerprint is another: \(again), before \(fingerprint ?? [:])",
            hint: "it must not depend on anything but the options")
        }
        return child
      } catch let failure as ChildFailure {
        guard tries < Self.tries else { throw failure.diagnostic(launch.id) }
        tries += 1
        rest(until: stop)
      }
    }
  }

  /// Waits before the next start, longer each time.
  private func rest(until stop: StopFlag) {
    failures += 1
    let deadline = ContinuousClock.now + .milliseconds(min(2000, 50 << min(failures - 1, 10)))
    while ContinuousClock.now < deadline && !stop.isUp { usleep(10_000) }
  }

  private func reason(_ failure: ChildFailure) -> String {
    let words = failure.words.isEmpty ? "" : "; its last words: " + failure.words.joined(separator: " | ")
    return "its process \(failure.text), \(Self.tries) times with this request\(words)"
  }
}

extension AskedRequest {
  init(_ request: ContextRequest) {
    self.init(
      index: request.index, text: sentenceText(request.words), words: request.words, prompt: request.prompt,
      split: request.split, position: request.position, splitCount: request.splitCount,
      random: String(request.random.key, radix: 16))
  }
}

extension Context {
  fileprivate init(_ answer: PluginFrame.Answer) {
    self.init(
      text: answer.text, finish: answer.finish ?? "stop", tokens: answer.tokens, source: answer.source ?? "",
      promptTokens: answer.promptTokens, milliseconds: answer.milliseconds, details: answer.details ?? [:])
  }
}
