import PluginAPI

/// Published numbers, to be shown beside ours: a YAML file of tables, data sets and rows (`Examples/paper/published.yaml`).
struct Published: Sendable {
  /// Fractions of 1.
  struct Value: Sendable, Hashable {
    var f1: Double?
    /// Of F1, over runs.
    var std: Double?
    var bertScore: Double?
  }

  /// Table, data set, then row and value in the file's order.
  private var tables: [String: [(dataset: String, rows: [(name: String, value: Value)])]] = [:]
  /// The class counts of Table 6 by row: empty, denied, fail, correct.
  private(set) var classes: [(name: String, counts: [Int])] = []
  /// Sizes of Table 2 by data set: types, then sentences of train, dev and test.
  private(set) var sizes: [(dataset: String, counts: [Int])] = []
  /// F1 by context class of Table 7.
  private(set) var byClass: [(name: String, values: [Double])] = []

  static let none = Published()

  private init() {}

  /// Reads a file; throws ``Diagnostics`` with the places of its faults.
  init(path: String) throws {
    let root = try readYAML(path: path)
    var faults: [Diagnostic] = []
    for entry in root.map ?? [] {
      switch entry.key.name {
      case "source": continue
      case "table2": sizes = Self.rows(entry.value, &faults) { Self.numbers($0, 4).map { $0.map { Int($0) } } }.map { ($0, $1) }
      case "table6":
        classes = Self.rows(entry.value, &faults) { Self.numbers($0, 4).map { $0.map { Int($0) } } }.map { ($0, $1) }
      case "table7": byClass = Self.rows(entry.value, &faults) { Self.numbers($0, 4) }.map { ($0, $1) }
      case "table3", "table4", "table5":
        tables[entry.key.name] = (entry.value.map ?? []).map { dataset in
          (dataset.key.name, Self.rows(dataset.value, &faults, Self.value).map { ($0, $1) })
        }
      default:
        faults.append(
          Diagnostic(
            "C101", "published numbers know no `\(entry.key.name)`", mark: entry.key.mark,
            hint: "tables are table2 … table7, and `source` says where they are from"))
      }
    }
    if !faults.isEmpty { throw Diagnostics(faults) }
  }

  /// The rows of a table for a data set, whose name may be written otherwise: `WNUT17`, `wnut17`; `CoNLL++`, `conllpp`.
  func rows(_ table: String, _ dataset: String) -> [(name: String, value: Value)] {
    tables[table]?.first { Self.same($0.dataset, dataset) }?.rows ?? []
  }

  subscript(table: String, dataset: String, row: String) -> Value? {
    rows(table, dataset).first { $0.name == row }?.value
  }

  /// How the published tables write a data set's name.
  func spelling(_ dataset: String) -> String {
    (tables.values.joined().map(\.dataset) + sizes.map(\.dataset)).filter { Self.same($0, dataset) }.min() ?? dataset
  }

  static func same(_ a: String, _ b: String) -> Bool { normal(a) == normal(b) }

  private static func normal(_ name: String) -> String {
    name.lowercased().replacing("+", with: "p").filter { $0.isLetter || $0.isNumber }
  }

  private static func rows<Item>(
    _ node: ConfigNode, _ faults: inout [Diagnostic], _ read: (ConfigNode) -> Item?
  ) -> [(String, Item)] {
    (node.map ?? []).compactMap { entry in
      guard let item = read(entry.value) else {
        faults.append(
          Diagnostic(
            "C104", "`\(entry.key.name)` does not hold what its table needs", mark: entry.value.mark,
            hint: "table3 to table5 take {f1, std, bertscore}, table2, table6 and table7 a list of four numbers"))
        return nil
      }
      return (entry.key.name, item)
    }
  }

  private static func numbers(_ node: ConfigNode, _ count: Int) -> [Double]? {
    guard let list = node.list?.compactMap({ $0.text.flatMap(Double.init) }), list.count == count else { return nil }
    return list
  }

  private static func value(_ node: ConfigNode) -> Value? {
    guard let entries = node.map else { return nil }
    var value = Value()
    for entry in entries {
      guard let number = entry.value.text.flatMap(Double.init) else { return nil }
      switch entry.key.name {
      case "f1": value.f1 = number
      case "std": value.std = number
      case "bertscore": value.bertScore = number
      default: return nil
      }
    }
    return value
  }
}
