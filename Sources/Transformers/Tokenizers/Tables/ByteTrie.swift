/// A double-array trie over bytes: the child of a state by byte b is the cell at the state's base + b, if that cell is taken and
/// its label is b. A cell has four bytes, so that most of a vocabulary's trie stays in the processor's cache.
///
/// No two states have the same base: the label alone tells whose child a cell is (Yata et al. 2007, "A compact static double-array
/// keeping character codes"). Base 0 belongs to the states without children; the cells that it leads to are never taken.
struct ByteTrie: Sendable {
  struct Cell: BitwiseCopyable, Sendable {
    /// From the lowest bit: label (8), taken, ends (a string ends here), base (22).
    var bits: UInt32 = 0

    static let taken: UInt32 = 1 << 8
    static let ends: UInt32 = 1 << 9
    static let baseShift: UInt32 = 10
    /// Greater ones do not fit.
    static let maxBase = 1 << 22 - 1

    @inline(__always) var isTaken: Bool { bits & Self.taken != 0 }
    @inline(__always) var isEnd: Bool { bits & Self.ends != 0 }

    /// Where the child by `byte` is, if there is one.
    @inline(__always) func child(_ byte: UInt8) -> Int { Int(bits >> Self.baseShift) + Int(byte) }

    /// Whether this is the cell of a child by `byte`.
    @inline(__always) func isChild(_ byte: UInt8) -> Bool { bits & (Self.taken | 0xFF) == Self.taken | UInt32(byte) }
  }

  static let root: Int32 = 0

  private let cells: FrozenBuffer<Cell>
  private let values: FrozenBuffer<Int32>

  /// The value of a string is its index. Strings must be distinct and `order` their sorted order. Throws where they are too many:
  /// a trie has about four million states.
  init(_ strings: PackedStrings, order: [Int], file: String? = nil) throws(TokenizerError) {
    var builder = ByteTrieBuilder()
    guard builder.insert(strings, order: order) else {
      throw TokenizerError(
        file: file, problem: "the \(strings.count) pieces with \(strings.bytes.count) bytes are more than can be searched",
        remedy: "check that this is the vocabulary of a model")
    }
    cells = FrozenBuffer(builder.cells)
    values = FrozenBuffer(builder.values)
  }

  /// A view of the tables for an inner loop; the caller keeps the trie alive with `withExtendedLifetime`.
  var walker: Walker { Walker(cells: cells.pointer, values: values.pointer) }

  /// The value of exactly this string.
  func value(of string: some Sequence<UInt8>) -> Int32? {
    guard let state = state(after: string), cells[Int(state)].isEnd else { return nil }
    return values[Int(state)]
  }

  /// The state that a string leads to, whether or not one of the trie's strings ends there.
  func state(after string: some Sequence<UInt8>) -> Int32? {
    // In range: the builder keeps 256 cells behind every base.
    var state = Int(Self.root)
    for byte in string {
      state = cells[state].child(byte)
      guard cells[state].isChild(byte) else { return nil }
    }
    return Int32(state)
  }

  struct Walker {
    let cells: UnsafeBufferPointer<Cell>
    let values: UnsafeBufferPointer<Int32>

    /// Calls `body` with the value and the end of every string that `bytes` continue with at `start`, shortest first.
    @inline(__always)
    func forEachMatch(
      in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ value: Int32, _ end: Int) -> Void
    ) {
      var cell = cells[Int(ByteTrie.root)]
      var position = start
      while position < bytes.count {
        let byte = bytes[position]
        let state = cell.child(byte)
        cell = cells[state]
        guard cell.isChild(byte) else { return }
        position += 1
        if cell.isEnd { body(values[state], position) }
      }
    }

    /// The longest string that `bytes` continue with at `start`, and where it ends. Never the empty string.
    @inline(__always)
    func longestMatch(
      in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, root: Int32 = ByteTrie.root
    ) -> (value: Int32, end: Int)? {
      var cell = cells[Int(root)]
      var position = start
      var last = -1
      var lastEnd = start
      while position < end {
        let byte = bytes[position]
        let state = cell.child(byte)
        cell = cells[state]
        guard cell.isChild(byte) else { break }
        position += 1
        if cell.isEnd { (last, lastEnd) = (state, position) }
      }
      return last < 0 ? nil : (values[last], lastEnd)
    }
  }
}
