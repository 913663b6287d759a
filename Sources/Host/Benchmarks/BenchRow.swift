import FoundationEssentials

/// One measurement: under which settings, and what came out. As JSON one flat object; several make a table.
struct BenchRow: Encodable {
  /// A value and how many decimals a person wants to see.
  enum Value: Equatable {
    case text(String)
    case count(Int)
    case number(Double, digits: Int)

    var shown: String {
      switch self {
      case .text(let text): text
      case .count(let count): String(count)
      case .number(let number, let digits): fixed(number, digits)
      }
    }
  }

  /// Unit in the name, as in `medianMs`.
  typealias Field = (name: String, value: Value)

  let bench: String
  var settings: [Field]
  var results: [Field]

  /// The rows for a person: what is the same in all of them first, the rest as a table; a single row stands upright.
  static func text(_ rows: [BenchRow]) -> String {
    guard let first = rows.first else { return "" }
    guard rows.count > 1 else {
      return TextTable(rows: (first.settings + first.results).map { [$0.name, $0.value.shown] }, right: [1]).description
    }
    let shared = first.settings.filter { field in
      rows.allSatisfy { row in row.settings.contains { $0.name == field.name && $0.value == field.value } }
    }
    let cells = rows.map { row in
      row.settings.filter { field in !shared.contains { $0.name == field.name } } + row.results
    }
    let head = shared.map { "\($0.name) \($0.value.shown)" }.joined(separator: ", ")
    let table = TextTable(header: cells[0].map(\.name), rows: cells.map { $0.map(\.value.shown) })
    return head + "\n" + table.description
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(bench, forKey: Key(stringValue: "bench"))
    for (name, value) in settings + results {
      let key = Key(stringValue: name)
      switch value {
      case .text(let text): try object.encode(text, forKey: key)
      case .count(let count): try object.encode(count, forKey: key)
      case .number(let number, _): try object.encode(number, forKey: key)
      }
    }
  }
}
