/// Scratch memory of the inner loops, written through a pointer without bounds checks. Who writes makes room first.
struct GrowableBuffer<Element: BitwiseCopyable>: ~Copyable {
  private(set) var storage: UnsafeMutableBufferPointer<Element>
  var count = 0

  init(capacity: Int) { storage = .allocate(capacity: max(1, capacity)) }

  deinit { storage.deallocate() }

  /// The elements in use.
  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(rebasing: storage[..<count]) }

  /// Makes room for `extra` elements beyond `count`.
  @inline(__always)
  mutating func reserve(_ extra: Int) {
    if count + extra > storage.count { grow(to: count + extra) }
  }

  /// There must be room.
  @inline(__always)
  mutating func append(_ element: Element) {
    storage[count] = element
    count += 1
  }

  mutating func append(copying elements: UnsafeBufferPointer<Element>) {
    reserve(elements.count)
    _ = UnsafeMutableBufferPointer(rebasing: storage[count...]).update(fromContentsOf: elements)
    count += elements.count
  }

  @inline(never)
  private mutating func grow(to capacity: Int) {
    let larger = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(capacity, storage.count * 2))
    _ = larger.update(fromContentsOf: storage[..<count])
    storage.deallocate()
    storage = larger
  }
}
