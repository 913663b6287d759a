import Glibc
import NIOCore
import NIOPosix
import PluginAPI
import Synchronization

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
  let late = Atomic<Bool>(false)
  let task = Task(operation: work)
  // Not `Task.sleep`: one that was cancelled keeps its memory until its time has come.
  let timer = timers.next().scheduleTask(in: .nanoseconds(Int64(min(seconds, 1e9) * 1e9))) {
    late.store(true, ordering: .relaxed)
    task.cancel()
  }
  defer { timer.cancel() }
  do {
    return try await withTaskCancellationHandler { try await task.value } onCancel: { task.cancel() }
  } catch {
    throw late.load(ordering: .relaxed) ? fault : error
  }
}

private let timers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
