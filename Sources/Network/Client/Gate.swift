import Synchronization

/// Lets so many through at a time, the others in the order in which they came.
final class Gate: Sendable {
  private struct State {
    var free: Int
    var next = 0
    var waiting: [(number: Int, turn: CheckedContinuation<Void, any Error>)] = []
    /// Those who gave up before they had begun to wait.
    var gone: Set<Int> = []
  }
  private let state: Mutex<State>

  init(_ places: Int) { state = Mutex(State(free: places)) }

  /// Waits for a place. Throws `CancellationError` where the task is cancelled first.
  func enter() async throws {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
        let now: Result<Void, any Error>? = state.withLock { state in
          if state.gone.remove(number) != nil { return .failure(CancellationError()) }
          guard state.free == 0 else {
            state.free -= 1
            return .success(())
          }
          state.waiting.append((number, turn))
          return nil
        }
        if let now { turn.resume(with: now) }
      }
    } onCancel: {
      let turn = state.withLock { state -> CheckedContinuation<Void, any Error>? in
        guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
          // It has its place already, or has not begun to wait.
          state.gone.insert(number)
          return nil
        }
        return state.waiting.remove(at: place).turn
      }
      turn?.resume(throwing: CancellationError())
    }
    state.withLock { state in _ = state.gone.remove(number) }
  }

  /// Gives the place to the next.
  func leave() {
    let turn = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst().turn }
      state.free += 1
      return nil
    }
    turn?.resume()
  }
}
