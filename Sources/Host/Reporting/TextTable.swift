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
      all.map { column < $0.count ? Self.width($0[column]) : 0 }.max() ?? 0
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
    let space = String(repeating: " ", count: max(0, width - Self.width(cell)))
    return right ? space + cell : cell + space
  }

  /// How many columns of a terminal a text takes: two for East Asian characters and emoji.
  private static func width(_ text: String) -> Int {
    text.reduce(0) { width, character in
      guard let scalar = character.unicodeScalars.first?.value else { return width }
      let wide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
        || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar) || (0xFF00...0xFF60).contains(scalar)
        || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
      return width + (wide ? 2 : 1)
    }
  }
}
