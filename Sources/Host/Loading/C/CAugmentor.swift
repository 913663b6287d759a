import PluginAPI
import Synchronization

/// An augmentor behind the C ABI. Its calls block, so that they have a thread of their own, one after the other.
final class CAugmentor: Augmentor {
  let fingerprint: [String: String]
  private let calls: Calls
  private let thread: WorkerThread

  init(_ instance: CInstance, _ functions: calm_augmentor, id: String) throws {
    calls = Calls(instance: instance, functions: functions)
    fingerprint = try calls.fingerprint()
    thread = try WorkerThread()
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    AsyncThrowingStream { answers in
      let sink = CSink(answers)
      answers.onTermination = { _ in sink.stop() }
      thread.run { [calls] in answers.finish(throwing: calls.answer(requests, sink)) }
    }
  }
}

/// The functions of an augmentor and what they are called on.
private struct Calls: @unchecked Sendable {
  let instance: CInstance
  let functions: calm_augmentor

  func fingerprint() throws -> [String: String] {
    let box = Fingerprint()
    try withExtendedLifetime(box) {
      try report("fingerprint") { error in
        let context = Unmanaged.passUnretained(box).toOpaque()
        return functions.fingerprint?(instance.pointer, context, Fingerprint.add, error) ?? CALM_FAILED
      }
    }
    guard let fault = box.fault else { return box.names }
    throw PluginError("its fingerprint \(fault)")
  }

  /// Gives all answers to `sink`; returns what went wrong.
  func answer(_ requests: [ContextRequest], _ sink: CSink) -> (any Error)? {
    guard !requests.isEmpty else { return nil }
    let arena = CArena()
    defer { withExtendedLifetime(arena) {} }
    let pointers = arena.pointers(requests.map { arena.request($0) })
    let target = arena.array([
      calm_sink(
        size: MemoryLayout<calm_sink>.size, context: Unmanaged.passUnretained(sink).toOpaque(), answer: CSink.answer,
        stopped: CSink.stopped)
    ])
    do {
      try withExtendedLifetime(sink) {
        try report("answer") { functions.answer?(instance.pointer, pointers, requests.count, target, $0) ?? CALM_FAILED }
      }
      return sink.end()
    } catch {
      return sink.end() ?? error
    }
  }
}

/// Collects the names of a fingerprint.
private final class Fingerprint {
  var names: [String: String] = [:]
  var fault: String?

  static let add: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void = {
    context, name, value in
    guard let context else { return }
    let box = Unmanaged<Fingerprint>.fromOpaque(context).takeUnretainedValue()
    guard let name = cString(name), let value = cString(value) else {
      box.fault = "has a name or a value that is NULL or no UTF-8"
      return
    }
    if box.names.updateValue(value, forKey: name) != nil { box.fault = "has `\(name)` twice" }
  }
}

/// Where a call's answers go.
private final class CSink: Sendable {
  private struct State {
    var isOpen = true
    var fault: PluginError?
  }
  private let answers: AsyncThrowingStream<(index: Int, context: Context), any Error>.Continuation
  private let state = Mutex(State())

  init(_ answers: AsyncThrowingStream<(index: Int, context: Context), any Error>.Continuation) { self.answers = answers }

  func stop() { state.withLock { $0.isOpen = false } }

  /// What was wrong with an answer. Nothing is taken from now on.
  func end() -> PluginError? {
    state.withLock { state in
      state.isOpen = false
      return state.fault
    }
  }

  static let stopped: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
    guard let context else { return 1 }
    return Unmanaged<CSink>.fromOpaque(context).takeUnretainedValue().state.withLock { $0.isOpen } ? 0 : 1
  }

  static let answer: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<calm_answer>?) -> Int32 = { context, answer in
    guard let context, let answer else { return CALM_FAILED }
    return Unmanaged<CSink>.fromOpaque(context).takeUnretainedValue().take(answer)
  }

  private func take(_ pointer: UnsafePointer<calm_answer>) -> Int32 {
    state.withLock { state in
      guard state.isOpen else { return CALM_STOPPED }
      do throws(PluginError) {
        let answer = try readStruct(pointer, as: calm_answer(), least: Self.least, "calm_answer")
        answers.yield((index: answer.index, context: try Context(answer)))
        return CALM_OK
      } catch {
        state.fault = error
        state.isOpen = false
        return CALM_STOPPED
      }
    }
  }

  private static let least = MemoryLayout<calm_answer>.offset(of: \.finish) ?? MemoryLayout<calm_answer>.size
}

extension Context {
  fileprivate init(_ answer: calm_answer) throws(PluginError) {
    if let failure = answer.failure {
      self = .failed(String(cString: failure))
      return
    }
    guard answer.text.data != nil else {
      throw PluginError("it answered request \(answer.index) with neither a text nor a failure")
    }
    guard let text = answer.text.string else {
      throw PluginError("it answered request \(answer.index) with bytes that are no UTF-8")
    }
    self.init(
      text: text, finish: cString(answer.finish) ?? "stop", tokens: answer.tokens > 0 ? Int(answer.tokens) : nil,
      source: cString(answer.source) ?? "", promptTokens: answer.prompt_tokens > 0 ? Int(answer.prompt_tokens) : nil)
  }
}

extension CArena {
  fileprivate func request(_ request: ContextRequest) -> calm_request {
    var out = calm_request()
    out.size = MemoryLayout<calm_request>.size
    out.index = request.index
    out.text = text(sentenceText(request.words))
    out.words = UnsafePointer(array(request.words.map { text($0) }))
    out.word_count = request.words.count
    if let prompt = request.prompt { out.prompt = text(prompt) }
    out.split = string(request.split)
    out.position = request.position
    out.split_count = request.splitCount
    out.random = calm_random(key: request.random.key, drawn: 0)
    return out
  }
}
