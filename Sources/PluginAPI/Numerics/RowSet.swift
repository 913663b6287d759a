/// Some rows of a table, in the order in which they were first named.
public final class RowSet: @unchecked Sendable {
  /// The rows, each once.
  public private(set) var rows: [Int32] = []
  /// 1 for each row of the table that is in the set.
  public private(set) var marks: [UInt8]

  /// No rows of a table that has `count`.
  public init(of count: Int) { marks = [UInt8](repeating: 0, count: count) }

  /// Adds rows; a row may be named again.
  public func formUnion(_ more: some Sequence<Int32>) {
    for row in more where marks[Int(row)] == 0 {
      marks[Int(row)] = 1
      rows.append(row)
    }
  }

  /// Takes all rows out.
  public func removeAll() {
    for row in rows { marks[Int(row)] = 0 }
    rows.removeAll(keepingCapacity: true)
  }
}
