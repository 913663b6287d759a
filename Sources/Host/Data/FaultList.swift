import PluginAPI

/// Faults of a data file, which can be as many as it has lines: the first ones are kept, the others counted.
struct FaultList: Sendable {
  private(set) var items: [Diagnostic] = []
  private(set) var count = 0
  let limit: Int

  init(limit: Int = 20) { self.limit = limit }

  var isEmpty: Bool { count == 0 }

  mutating func add(_ item: @autoclosure () -> Diagnostic) {
    count += 1
    if items.count < limit { items.append(item()) }
  }

  /// What is thrown.
  var diagnostics: Diagnostics {
    var items = items
    if count > items.count, let last = items.indices.last { items[last].notes.append("and \(count - items.count) more") }
    return Diagnostics(items)
  }
}
