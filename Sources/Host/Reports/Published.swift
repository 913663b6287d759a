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
    guard root.map != nil || root.isNull else { throw Diagnostics([Self.fault("the file", root)]) }
    for entry in root.map ?? [] {
      switch entry.key.name {
      case "source": continue
      case "table2": sizes = Self.rows(entry, &faults, Self.counts).map { ($0, $1) }
      case "table6": classes = Self.rows(entry, &faults, Self.counts).map { ($0, $1) }
      case "table7": byClass = Self.rows(entry, &faults, Self.fractions).map { ($0, $1) }
      case "table3", "table4", "table5":
        if entry.value.map == nil { faults.append(Self.fault(entry.key.name, entry.value)) }
        tables[entry.key.name] = (entry.value.map ?? []).map { dataset in
          (dataset.key.name, Self.rows(dataset, &faults, Self.value).map { ($0, $1) })
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
    _ table: ConfigNode.Entry, _ faults: inout [Diagnostic], _ read: (ConfigNode) -> Item?
  ) -> [(String, Item)] {
    guard let rows = table.value.map else {
      faults.append(fault(table.key.name, table.value))
      return []
    }
    return rows.compactMap { entry in
      if let item = read(entry.value) { return (entry.key.name, item) }
      faults.append(fault(entry.key.name, entry.value))
      return nil
    }
  }

  private static func fault(_ name: String, _ node: ConfigNode) -> Diagnostic {
    Diagnostic(
      "C104", "`\(name)` does not hold what its table needs", mark: node.mark,
      hint:
        "tables hold rows; those of table3 to table5, by data set, are {f1, std, bertscore}, of table2 and table6 four counts, "
        + "of table7 four F1; all scores are fractions of 1")
  }

  private static func counts(_ node: ConfigNode) -> [Int]? {
    guard let list = node.list?.compactMap({ $0.text.flatMap { Int($0) } }), list.count == 4, node.list?.count == 4 else {
      return nil
    }
    return list.allSatisfy { $0 >= 0 } ? list : nil
  }

  private static func fractions(_ node: ConfigNode) -> [Double]? {
    guard let list = node.list?.compactMap({ fraction($0) }), list.count == 4, node.list?.count == 4 else { return nil }
    return list
  }

  private static func fraction(_ node: ConfigNode) -> Double? {
    node.text.flatMap(Double.init).flatMap { (0...1).contains($0) ? $0 : nil }
  }

  private static func value(_ node: ConfigNode) -> Value? {
    guard let entries = node.map else { return nil }
    var value = Value()
    for entry in entries {
      guard let number = fraction(entry.value) else { return nil }
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
