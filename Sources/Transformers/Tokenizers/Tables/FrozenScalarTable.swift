/// A ``ScalarTable`` for inner loops.
struct FrozenScalarTable: Sendable {
  private let ascii: FrozenBuffer<UInt32>
  private let pages: FrozenBuffer<UInt16>
  private let entries: FrozenBuffer<UInt32>

  init(_ table: ScalarTable) {
    ascii = FrozenBuffer((0..<128).map { table[$0] })
    pages = FrozenBuffer(table.pages)
    entries = FrozenBuffer(table.entries)
  }

  /// The value of the scalar that begins at `position`, and where it ends.
  @inline(__always)
  func value(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (value: UInt32, end: Int) {
    let byte = bytes[position]
    if byte < 0x80 { return (ascii.pointer[Int(byte)], position + 1) }
    let (scalar, length) = UTF8Coding.decode(bytes, at: position)
    let page = Int(pages.pointer[Int(scalar >> ScalarTable.pageBits)])
    return (
      entries.pointer[page << Int(ScalarTable.pageBits) | Int(scalar & (1 << ScalarTable.pageBits - 1))], position + length
    )
  }
}
