import Synchronization

/// Scratch memory that outlives a call. A tokenizer is shared by threads: each call takes a scratch of its own, as many exist
/// as calls ever ran at the same time, and what a scratch remembers of earlier words is kept for the next call.
final class ScratchPool<Scratch: ~Copyable & Sendable>: Sendable {
  private final class Box: @unchecked Sendable {
    var scratch: Scratch
    init(_ scratch: consuming Scratch) { self.scratch = scratch }
  }

  private let idle = Mutex<[Box]>([])
  private let make: @Sendable () -> Scratch

  init(_ make: @escaping @Sendable () -> Scratch) { self.make = make }

  @inline(__always)
  func with<Result>(_ body: (inout Scratch) -> Result) -> Result {
    let box = idle.withLock { $0.popLast() } ?? Box(make())
    defer { idle.withLock { $0.append(box) } }
    return body(&box.scratch)
  }
}
