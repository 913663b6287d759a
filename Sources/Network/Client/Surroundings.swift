import Glibc
import PluginAPI

/// Time and chance, so that tests can replace them.
struct Surroundings: Sendable {
  /// Seconds of a clock that does not jump.
  var uptime: @Sendable () -> Double = {
    let (seconds, attoseconds) = origin.duration(to: .now).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
  /// Seconds since 1970.
  var now: @Sendable () -> Double = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  /// Waits so many seconds.
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  /// Uniform in [0, 1).
  var random: @Sendable () -> Double = { .random(in: 0..<1) }
}

private let origin = ContinuousClock.now

/// Runs `work`, but not longer than `seconds`: then `fault` is thrown and the work is cancelled.
func within<Value: Sendable>(
  _ seconds: Double, else fault: HTTPFailure, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask(operation: work)
    group.addTask {
      // In pieces: a sleep that was cancelled keeps its memory until its time has come.
      let end = ContinuousClock.now + .seconds(seconds)
      while ContinuousClock.now < end { try await Task.sleep(until: min(end, .now + .milliseconds(250))) }
      throw fault
    }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw fault }
    return value
  }
}
