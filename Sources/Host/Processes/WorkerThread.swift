import Glibc
import PluginAPI

/// A thread that does one thing after the other. What blocks must not hold up the threads that tasks share, and the kernel ends a
/// child with the very thread that started it.
final class WorkerThread: Sendable {
  private let jobs = JobQueue()

  init() throws(PluginError) {
    var thread = pthread_t()
    let queue = Unmanaged.passRetained(jobs)
    let code = pthread_create(
      &thread, nil,
      { queue in
        guard let queue else { return nil }
        Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue().work()
        return nil
      }, queue.toOpaque())
    guard code == 0 else {
      queue.release()
      throw PluginError("a thread cannot be started: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  /// Does `job` when those before it are done.
  func run(_ job: @escaping @Sendable () -> Void) { jobs.add(job) }

  /// Does `job` and waits for what it gives.
  func wait<Result: Sendable>(_ job: @escaping @Sendable () -> Result) -> Result {
    let answer = Answer<Result>()
    jobs.add { answer.put(job()) }
    return answer.take()
  }

  /// The thread ends when it has nothing left to do.
  deinit { jobs.close() }
}

private final class JobQueue: @unchecked Sendable {
  private let monitor = Monitor()
  private var jobs: [@Sendable () -> Void] = []
  private var isClosed = false

  func add(_ job: @escaping @Sendable () -> Void) { monitor.change { jobs.append(job) } }
  func close() { monitor.change { isClosed = true } }

  func work() {
    while let job = monitor.wait(for: { !jobs.isEmpty || isClosed }, { jobs.isEmpty ? nil : jobs.removeFirst() }) { job() }
  }
}

private final class Answer<Value: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  private var value: Value?

  func put(_ value: Value) { monitor.change { self.value = value } }

  func take() -> Value {
    while true {
      if let value = monitor.wait(for: { value != nil }, { value }) { return value }
    }
  }
}

/// A lock and a condition.
private final class Monitor: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  func change(_ body: () -> Void) {
    pthread_mutex_lock(lock)
    body()
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }

  func wait<Result>(for condition: () -> Bool, _ body: () -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while !condition() { pthread_cond_wait(changed, lock) }
    return body()
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }
}
