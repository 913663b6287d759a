/// A double-array trie over bytes: the child of state s by byte b is cell base(s) + b if the check of that cell is s. One
/// dependent load a byte, no hashing.
struct ByteTrie: Sendable {
  struct Cell: BitwiseCopyable, Sendable {
    /// Base shifted by one; the low bit says that a string ends here.
    var base: Int32 = 0
    var check: Int32 = Cell.free

    static let free: Int32 = -2
  }

  static let root: Int32 = 0

  private let cells: FrozenBuffer<Cell>
  private let values: FrozenBuffer<Int32>

  /// The value of a string is its index. Strings must be distinct and `order` their sorted order.
  init(_ strings: PackedStrings, order: [Int]) {
    var builder = ByteTrieBuilder()
    builder.insert(strings, order: order)
    cells = FrozenBuffer(builder.cells)
    values = FrozenBuffer(builder.values)
  }

  init(_ strings: PackedStrings) { self.init(strings, order: strings.sortedOrder()) }

  /// A view of the tables for an inner loop; the caller keeps the trie alive with `withExtendedLifetime`.
  var walker: Walker { Walker(cells: cells.pointer, values: values.pointer) }

  /// The value of exactly this string.
  func value(of string: some Sequence<UInt8>) -> Int32? {
    guard let state = state(after: string), cells[Int(state)].base & 1 == 1 else { return nil }
    return values[Int(state)]
  }

  /// The state that a string leads to, whether or not one of the trie's strings ends there.
  func state(after string: some Sequence<UInt8>) -> Int32? {
    // In range: the builder keeps 256 cells behind every base.
    var state = Self.root
    for byte in string {
      let next = (cells[Int(state)].base >> 1) + Int32(byte)
      guard cells[Int(next)].check == state else { return nil }
      state = next
    }
    return state
  }

  /// A table by state from the value of each, -1 where no string ends.
  func mapStates<Element>(_ transform: (Int32) -> Element) -> [Element] { values.pointer.map(transform) }

  struct Walker {
    let cells: UnsafeBufferPointer<Cell>
    let values: UnsafeBufferPointer<Int32>

    /// Calls `body` with the state and the end of every string that `bytes` continue with at `start`, shortest first.
    @inline(__always)
    func forEachMatch(
      in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ state: Int, _ end: Int) -> Void
    ) {
      var state = ByteTrie.root
      var base = cells[0].base
      var position = start
      while position < bytes.count {
        let next = (base >> 1) + Int32(bytes[position])
        let cell = cells[Int(next)]
        guard cell.check == state else { return }
        (state, base) = (next, cell.base)
        position += 1
        if base & 1 == 1 { body(Int(next), position) }
      }
    }

    /// The longest string that `bytes` continue with at `start`, and where it ends. Never the empty string.
    @inline(__always)
    func longestMatch(
      in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, root: Int32 = ByteTrie.root
    ) -> (value: Int32, end: Int)? {
      var state = root
      var base = cells[Int(root)].base
      var position = start
      var last: Int32 = -1
      var lastEnd = start
      while position < end {
        let next = (base >> 1) + Int32(bytes[position])
        let cell = cells[Int(next)]
        guard cell.check == state else { break }
        (state, base) = (next, cell.base)
        position += 1
        if base & 1 == 1 { (last, lastEnd) = (state, position) }
      }
      return last < 0 ? nil : (values[Int(last)], lastEnd)
    }
  }
}
