import PluginAPI

/// How tables are written.
enum TableFormat: String, CaseIterable, Sendable {
  case text, markdown, latex, csv, json

  /// The ending of a file in this format.
  var fileExtension: String {
    switch self {
    case .text: "txt"
    case .markdown: "md"
    case .latex: "tex"
    case .csv: "csv"
    case .json: "json"
    }
  }
}

extension ReportTable {
  /// The table in a format, with a new line at the end.
  func written(_ format: TableFormat) -> String {
    switch format {
    case .text: text
    case .markdown: markdown
    case .latex: latex
    case .csv: csv
    case .json: prettyJSON(self) + "\n"
    }
  }

  private var text: String {
    let numeric = Set(columns.indices.filter(isNumeric))
    let table = TextTable(header: columns, rows: rows.map { $0.map(\.shown) }, right: numeric)
    return ([title, "", table.description] + (notes.isEmpty ? [] : [""] + notes)).joined(separator: "\n") + "\n"
  }

  /// Whether a column holds numbers and nothing else.
  func isNumeric(_ column: Int) -> Bool {
    let cells = rows.compactMap { column < $0.count ? $0[column] : nil }.filter { $0 != .nothing }
    return !cells.isEmpty && cells.allSatisfy { $0.value != nil }
  }

  /// GitHub's.
  private var markdown: String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    func quoted(_ text: String) -> String {
      text.replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("\n", with: " ")
    }
    var lines = ["### " + title, "", line(columns.map(quoted))]
    lines.append(line(columns.indices.map { isNumeric($0) ? "---:" : "---" }))
    for (i, row) in rows.enumerated() {
      lines.append(
        line(row.enumerated().map { j, cell in isBest(row: i, column: j) ? "**\(quoted(cell.shown))**" : quoted(cell.shown) }))
    }
    if !notes.isEmpty { lines += ["", notes.joined(separator: " ")] }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For the package booktabs.
  private var latex: String {
    func line(_ cells: [String]) -> String { "    " + cells.joined(separator: " & ") + " \\\\" }
    var lines = ["\\begin{table}", "  \\centering"]
    lines.append("  \\begin{tabular}{\(columns.indices.map { isNumeric($0) ? "r" : "l" }.joined())}")
    lines += ["    \\toprule", line(columns.map(Self.latex)), "    \\midrule"]
    for (i, row) in rows.enumerated() {
      lines.append(
        line(
          row.enumerated().map { j, cell in
            var shown = Self.latex(cell.shown)
            if cell.value ?? 0 < 0, shown.hasPrefix("-") { shown = "$-$" + shown.dropFirst() }
            // Behind a line's end a bracket would be its height, a star a part of the command.
            if j == 0, shown.hasPrefix("[") || shown.hasPrefix("*") { shown = "{}" + shown }
            return isBest(row: i, column: j) ? "\\textbf{\(shown)}" : shown
          }))
    }
    lines += ["    \\bottomrule", "  \\end{tabular}"]
    // LaTeX numbers tables itself.
    let parts = title.split(separator: ": ", maxSplits: 1), isNumbered = title.hasPrefix("Table ") || title.hasPrefix("Figure ")
    let caption = isNumbered && parts.count == 2 ? parts[1].prefix(1).uppercased() + parts[1].dropFirst() : title
    lines.append("  \\caption{\(Self.latex(([caption + "."] + notes).joined(separator: " ")))}")
    lines += ["  \\label{tab:\(id)}", "\\end{table}"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Text with what LaTeX takes for commands written out.
  static func latex(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": "\\\(character)"
      case "\\": "\\textbackslash{}"
      case "~": "\\textasciitilde{}"
      case "^": "\\textasciicircum{}"
      case "<": "\\textless{}"
      case ">": "\\textgreater{}"
      case "|": "\\textbar{}"
      case "\"": "\\textquotedbl{}"
      case "±": "$\\pm$"
      case "−": "$-$"
      case "→": "$\\rightarrow$"
      case "…": "\\dots{}"
      case "\n": " "
      default: String(character)
      }
    }.joined()
  }

  /// RFC 4180, numbers in full; the deviation of a summary and the upper end of an interval take a column of their own.
  private var csv: String {
    func second(_ column: Int) -> (first: String, second: String)? {
      for case let cell in rows.compactMap({ column < $0.count ? $0[column] : nil }) {
        if case .summary(let summary) = cell, summary.std != nil { return ("", " std") }
        if case .interval = cell { return (" low", " high") }
      }
      return nil
    }
    let seconds = columns.indices.map(second)
    func line(_ cells: [String]) -> String { cells.map(Self.csv).joined(separator: ",") }
    var lines = [
      line(zip(columns, seconds).flatMap { name, second in second.map { [name + $0.first, name + $0.second] } ?? [name] })
    ]
    for row in rows {
      lines.append(
        line(
          zip(row, seconds).flatMap { cell, second -> [String] in
            let value: String =
              switch cell {
              case .text(let text): String(text.drop { $0 == " " })
              case .count(let count): String(count)
              default: cell.value.map { String($0) } ?? ""
              }
            guard second != nil else { return [value] }
            return switch cell {
            case .summary(let summary): [value, summary.std.map { String($0) } ?? ""]
            case .interval(_, let high, _): [value, String(high)]
            default: [value, ""]
            }
          }))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A field, quoted where it has to be.
  static func csv(_ field: String) -> String {
    field.contains(where: { ",\"\n\r".contains($0) }) ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
  }
}

extension ReportTable: Encodable {
  private enum Keys: String, CodingKey { case id, title, columns, rows, notes }

  func encode(to encoder: any Swift.Encoder) throws {
    var values = encoder.container(keyedBy: Keys.self)
    try values.encode(id, forKey: .id)
    try values.encode(title, forKey: .title)
    try values.encode(columns, forKey: .columns)
    try values.encode(rows, forKey: .rows)
    try values.encode(notes, forKey: .notes)
  }
}

extension ReportTable.Cell: Encodable {
  /// A text, a number, null, an object with `count`, `mean` and `std`, or one with `low` and `high`; per cents are fractions of 1.
  func encode(to encoder: any Swift.Encoder) throws {
    var single = encoder.singleValueContainer()
    switch self {
    case .text(let text): try single.encode(String(text.drop { $0 == " " }))
    case .count(let count): try single.encode(count)
    case .percentage(let value), .number(let value, _), .difference(let value), .probability(let value):
      try single.encode(value)
    case .interval(let low, let high, _): try single.encode(["low": low, "high": high])
    case .summary(let summary): try single.encode(summary)
    case .nothing: try single.encodeNil()
    }
  }
}
