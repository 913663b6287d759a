/// A table for the terminal: columns aligned, numbers to the right.
struct TextTable: CustomStringConvertible, Sendable {
  /// Empty for a table without a header.
  var header: [String] = []
  /// Rows may be shorter than others.
  var rows: [[String]]
  /// The columns that are aligned to the right; nil takes those that hold nothing but numbers.
  var right: Set<Int>?

  /// The lines, without a new line at the end.
  var description: String {
    let all = (header.isEmpty ? [] : [header]) + rows
    let widths = (0..<(all.map(\.count).max() ?? 0)).map { column in
      all.map { column < $0.count ? TerminalText.width($0[column]) : 0 }.max() ?? 0
    }
    let right = right ?? Set(widths.indices.filter(isNumeric))
    var lines = all.map { row in
      line(row.indices.map { pad(row[$0], to: widths[$0], right: right.contains($0)) })
    }
    if !header.isEmpty { lines.insert(line(widths.map { String(repeating: "-", count: $0) }), at: 1) }
    return lines.joined(separator: "\n")
  }

  private func isNumeric(_ column: Int) -> Bool {
    let cells = rows.compactMap { column < $0.count && !$0[column].isEmpty ? $0[column] : nil }
    return cells.contains { $0 != "-" }
      && cells.allSatisfy { cell in
        cell == "-" || (cell.contains(where: \.isNumber) && cell.allSatisfy { $0.isNumber || "+-−.,:%±e ".contains($0) })
      }
  }

  private func line(_ cells: [String]) -> String {
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private func pad(_ cell: String, to width: Int, right: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - TerminalText.width(cell)))
    return right ? space + cell : cell + space
  }
}
