import Synchronization

/// Scratch memory that outlives a call. A tokenizer is shared by threads: each call takes a scratch of its own, as many exist
/// as calls ever ran at the same time, and what a scratch remembers of earlier words is kept for the next call.
final class ScratchPool<Scratch: AnyObject & Sendable>: Sendable {
  private let idle = Mutex<[Scratch]>([])
  private let make: @Sendable () -> Scratch

  init(_ make: @escaping @Sendable () -> Scratch) { self.make = make }

  @inline(__always)
  func with(_ body: (Scratch) -> Void) {
    let scratch = idle.withLock { $0.popLast() } ?? make()
    body(scratch)
    idle.withLock { $0.append(scratch) }
  }
}
