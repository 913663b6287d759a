/// A table of results: a value that is printed, pasted into a paper, or read by a program.
struct ReportTable: Sendable, Hashable {
  /// What a cell holds; formats round, programs get the whole number.
  enum Cell: Sendable, Hashable {
    case text(String)
    case count(Int)
    /// A fraction of 1, shown in per cent.
    case percentage(Double)
    /// A number with this many digits behind the point.
    case number(Double, digits: Int)
    /// Fractions of 1 over seeds, shown in per cent as mean ± sample standard deviation.
    case summary(SampleSummary)
    /// A difference of fractions, shown in points of per cent with its sign.
    case difference(Double)
    /// The ends of an interval of fractions, shown in per cent, or with signs where it is one of differences.
    case interval(low: Double, high: Double, signed: Bool)
    /// A p-value.
    case probability(Double)
    case nothing
  }

  /// A short name for files and labels: `table3`.
  var id: String
  var title: String
  var columns: [String]
  var rows: [[Cell]]
  /// What a reader has to know to read it, a sentence each.
  var notes: [String] = []
  /// In each of these columns the greatest value of a row is the best and set in bold.
  var best: Set<Int> = []

  /// The rows that hold the greatest value of the columns in ``best``, unless all hold the same.
  func isBest(row: Int, column: Int) -> Bool {
    guard best.contains(column), let value = rows[row][column].value else { return false }
    let others = rows.compactMap { column < $0.count ? $0[column].value : nil }
    return others.allSatisfy { $0 <= value } && others.contains { $0 < value }
  }
}

extension ReportTable.Cell {
  /// As it is shown.
  var shown: String {
    switch self {
    case .text(let text): text
    case .count(let count): String(count)
    case .percentage(let share): percent(share)
    case .number(let value, let digits): fixed(value, digits)
    case .summary(let summary): summary.percentText
    case .difference(let value): Self.signed(value)
    case .interval(let low, let high, let signed):
      signed ? "\(Self.signed(low)) – \(Self.signed(high))" : "\(percent(low)) – \(percent(high))"
    case .probability(let p): Host.probability(p)
    case .nothing: "-"
    }
  }

  /// A difference in points of per cent.
  private static func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + percent(abs(value)) }

  /// The number, where it is one; the lower end of an interval.
  var value: Double? {
    switch self {
    case .text, .nothing: nil
    case .count(let count): Double(count)
    case .percentage(let value), .number(let value, _), .difference(let value), .probability(let value): value
    case .interval(let low, _, _): low
    case .summary(let summary): summary.mean
    }
  }
}

/// A p-value as it is shown.
func probability(_ p: Double) -> String { p < 0.0001 ? "<0.0001" : fixed(p, 4) }
