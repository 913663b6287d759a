/// One fault of a file, a command line or a plugin: what, where, and what to do.
public struct Diagnostic: Error, Sendable, Hashable {
  /// A stable code, e.g. `C104`; `calm explain` tells more.
  public var code: String
  /// One sentence.
  public var message: String
  /// Where; nil where there is no place.
  public var mark: SourceMark?
  /// What to do, e.g. `did you mean `temperature`?`
  public var hint: String?
  /// Further lines, e.g. the known keys.
  public var notes: [String]

  /// A fault.
  public init(_ code: String, _ message: String, mark: SourceMark? = nil, hint: String? = nil, notes: [String] = []) {
    self.code = code
    self.message = message
    self.mark = mark
    self.hint = hint
    self.notes = notes
  }
}

/// All faults found at once.
public struct Diagnostics: Error, Sendable {
  /// The faults.
  public var items: [Diagnostic]
  /// Faults.
  public init(_ items: [Diagnostic] = []) { self.items = items }
  /// Notes one more.
  public mutating func add(_ item: Diagnostic) { items.append(item) }
}

/// The name of `candidates` nearest to `name`, where one is near enough to be meant.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  let limit = max(1, name.count / 3)
  return candidates.map { ($0, editDistance(name.lowercased(), $0.lowercased())) }
    .filter { $0.1 <= limit }.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// Levenshtein's distance, with a swap of neighbours as one edit.
private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a), b = Array(b)
  var before: [Int] = []
  var previous = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      row.append(best)
    }
    before = previous
    previous = row
  }
  return previous[b.count]
}
