import PluginAPI
import Synchronization

/// Stores answers as they come. Each is committed as soon as the disk has taken those before it: what comes while it writes is
/// the next commit, so that a plugin that answers at once is not slowed down to one answer a disk access.
struct AnswerWriter: Sendable {
  private let inbox: Inbox
  private let wake: AsyncStream<Void>.Continuation
  private let task: Task<Void, Never>

  init(_ store: ContextStore) {
    let inbox = Inbox(store)
    let (signals, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.inbox = inbox
    self.wake = wake
    // Not a child of the task that asks: what was answered is stored even where that task is cancelled.
    task = Task.detached {
      for await _ in signals { inbox.flush() }
    }
  }

  /// Takes an answer; throws what storing an earlier one has thrown.
  func add(_ record: ContextRecord) throws {
    try inbox.add(record)
    wake.yield()
  }

  /// Waits until everything is stored.
  func finish() async throws {
    wake.finish()
    await task.value
    inbox.flush()
    try inbox.check()
  }
}

/// What waits to be stored.
private final class Inbox: Sendable {
  private struct State {
    var pending: [ContextRecord] = []
    var fault: (any Error)?
  }
  private let state = Mutex(State())
  private let store: ContextStore

  init(_ store: ContextStore) { self.store = store }

  func add(_ record: ContextRecord) throws {
    state.withLock { $0.pending.append(record) }
    try check()
  }

  func check() throws {
    if let fault = state.withLock({ $0.fault }) { throw fault }
  }

  func flush() {
    let records = state.withLock { state -> [ContextRecord] in
      defer { state.pending = [] }
      return state.fault == nil ? state.pending : []
    }
    do { try store.add(records) } catch { state.withLock { $0.fault = error } }
  }
}
