import PluginAPI
import Synchronization
import Testing

extension KernelTwins {
  @Suite("threads") struct Pool {
    @Test(arguments: [1, 2], [0, 1, 2, 7, 1000])
    func everyTaskRunsOnce(threads: Int, tasks: Int) {
      onThreads(threads) {
        for _ in 0..<20 {
          let runs = Mutex([Int](repeating: 0, count: tasks))
          Threads.parallel(tasks) { task in runs.withLock { $0[task] += 1 } }
          #expect(runs.withLock { $0 } == [Int](repeating: 1, count: tasks))
        }
      }
    }

    /// A region inside a region runs on the thread that it is in.
    @Test func regionsNest() {
      onThreads(2) {
        let total = Mutex(0)
        Threads.parallel(8) { _ in Threads.parallel(8) { inner in total.withLock { $0 += inner } } }
        #expect(total.withLock { $0 } == 8 * 28)
      }
    }

    @Test func thereIsAlwaysOneThread() {
      onThreads(0) { #expect(Threads.count == 1) }
      onThreads(-3) { #expect(Threads.count == 1) }
    }
  }
}
