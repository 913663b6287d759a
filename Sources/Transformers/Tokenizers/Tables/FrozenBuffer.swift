/// Constant memory for the tables of the inner loops, read through a pointer: no bounds check in release builds, no closure
/// to enter.
///
/// The pointer does not keep the buffer alive: who uses it outside of `subscript` holds the owner with
/// `withExtendedLifetime`.
///
/// `@unchecked Sendable` holds because nothing is written after `init`.
final class FrozenBuffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let pointer: UnsafeBufferPointer<Element>

  init(_ elements: [Element]) {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = copy.initialize(fromContentsOf: elements)
    pointer = UnsafeBufferPointer(copy)
  }

  subscript(index: Int) -> Element { withExtendedLifetime(self) { pointer[index] } }

  deinit { pointer.deallocate() }
}
