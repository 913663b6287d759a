import PluginAPI
import Synchronization

typealias AnswerStream = AsyncThrowingStream<(index: Int, context: Context), any Error>

/// A plugin in a process of its own, which is started when it is needed and again when it has ended.
final class ProcessSession: Sendable {
  let launch: ProcessLaunch
  private let thread: WorkerThread
  private let conversation: ProcessConversation

  init(_ launch: ProcessLaunch) throws {
    self.launch = launch
    thread = try WorkerThread()
    conversation = ProcessConversation(launch)
  }

  /// What it says about itself.
  func describe() throws -> PluginSelfDescription {
    try thread.wait { [conversation] in Result { try conversation.describe() } }.get()
  }

  /// Makes its augmentor; gives the fingerprint.
  func create(
    _ creation: HostFrame.Creation, log: @escaping @Sendable (LogLevel, String) -> Void
  ) throws -> [String: String] {
    try thread.wait { [conversation] in Result { try conversation.create(creation, log: log) } }.get()
  }

  /// Answers all requests, whatever becomes of the process meanwhile.
  func answer(_ requests: [ContextRequest], into answers: AnswerStream.Continuation, until stop: StopFlag) {
    thread.run { [conversation] in conversation.answer(requests, into: answers, until: stop) }
  }

  deinit {
    thread.run { [conversation] in conversation.end() }
  }
}

/// Whether to stop.
final class StopFlag: Sendable {
  private let up = Atomic(false)
  func raise() { up.store(true, ordering: .relaxed) }
  var isUp: Bool { up.load(ordering: .relaxed) }
}

/// An augmentor in a process of its own.
final class ProcessAugmentor: Augmentor {
  let fingerprint: [String: String]
  private let session: ProcessSession

  init(_ session: ProcessSession, fingerprint: [String: String]) {
    self.session = session
    self.fingerprint = fingerprint
  }

  func contexts(for requests: [ContextRequest]) async throws -> AnswerStream {
    AnswerStream { answers in
      let stop = StopFlag()
      answers.onTermination = { _ in stop.raise() }
      session.answer(requests, into: answers, until: stop)
    }
  }
}
