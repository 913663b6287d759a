/// Checks a YAML mapping against the description of its keys: unknown and repeated keys, missing ones, types and ranges.
///
/// - Parameters:
///   - node: the mapping; null stands for an empty one.
///   - fields: its keys.
///   - what: how messages name the mapping, e.g. "options of plugin crf".
/// - Returns: every fault found.
public func check(_ node: ConfigNode, against fields: [OptionField], what: String) -> [Diagnostic] {
  guard !node.isNull else { return missing(fields, given: [], at: node.mark, what: what) }
  guard let entries = node.map else {
    return [Diagnostic("C102", "\(what) must be a mapping of keys to values", mark: node.mark)]
  }
  var faults: [Diagnostic] = []
  let known = fields.map(\.name)
  for entry in entries {
    guard let field = fields.first(where: { $0.name == entry.key.name }) else {
      let near = nearestName(to: entry.key.name, among: known)
      faults.append(
        Diagnostic(
          "C101", "unknown key `\(entry.key.name)` in \(what)", mark: entry.key.mark,
          hint: near.map { "did you mean `\($0)`?" },
          notes: known.isEmpty ? ["it takes no keys"] : ["known keys: " + known.joined(separator: ", ")]))
      continue
    }
    if entry.value.isNull && field.optional { continue }
    faults += check(entry.value, field.type, range: field.range, name: field.name)
  }
  return faults + missing(fields, given: Set(entries.map(\.key.name)), at: node.mark, what: what)
}

private func missing(_ fields: [OptionField], given: Set<String>, at mark: SourceMark, what: String) -> [Diagnostic] {
  fields.filter { !$0.optional && !given.contains($0.name) }.map {
    Diagnostic("C103", "\(what) lacks the key `\($0.name)` (\($0.type.name)): \($0.help)", mark: mark)
  }
}

private func check(
  _ node: ConfigNode, _ type: OptionType, range: ClosedRange<Double>?, name: String
) -> [Diagnostic] {
  func fault(_ article: String) -> [Diagnostic] {
    let found = node.text.map { "`\($0)`" } ?? (node.list != nil ? "a list" : "a mapping")
    return [Diagnostic("C104", "`\(name)` must be \(article), not \(found)", mark: node.mark)]
  }
  switch type {
  case .any: return []
  case .string, .path, .model: return node.text == nil || node.isNull ? fault("a \(type.name)") : []
  case .url:
    // Variables are put in later, by the host.
    guard let text = node.text, text.contains("${") || WebAddress(text) != nil else {
      return fault("an address like https://host/path")
    }
    return []
  case .boolean: return node.boolean == nil ? fault("true or false") : []
  case .integer:
    guard let value = node.integer else { return fault("an integer") }
    return outside(Double(value), range, node, name)
  case .number:
    guard let value = node.number else { return fault("a number") }
    return outside(value, range, node, name)
  case .choice(let words):
    guard let text = node.text, words.contains(text) else {
      var faults = fault("one of " + words.joined(separator: ", "))
      if let near = node.text.flatMap({ nearestName(to: $0, among: words) }) { faults[0].hint = "did you mean `\(near)`?" }
      return faults
    }
    return []
  case .list(let item):
    guard let items = node.list else { return fault("a list") }
    return items.flatMap { check($0, item, range: range, name: name) }
  case .map(let item):
    guard let entries = node.map else { return fault("a mapping") }
    return entries.flatMap { check($0.value, item, range: range, name: "\(name).\($0.key.name)") }
  case .mapping, .plugin:
    let fields = type.keys ?? []
    if node.list != nil || node.isNull { return fault("a mapping") }
    return check(node.expanded(as: type), against: fields, what: "`\(name)`")
  }
}

private func outside(_ value: Double, _ range: ClosedRange<Double>?, _ node: ConfigNode, _ name: String) -> [Diagnostic] {
  guard let range, !range.contains(value) else { return [] }
  let least = plain(range.lowerBound), most = plain(range.upperBound)
  let bounds = range.upperBound.isInfinite ? "at least \(least)" : "between \(least) and \(most)"
  return [Diagnostic("C105", "`\(name)` must be \(bounds), not \(node.text ?? "")", mark: node.mark)]
}

private func plain(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

extension ConfigNode {
  /// A text that stands for a mapping of `type`, as that mapping.
  func expanded(as type: OptionType) -> ConfigNode {
    guard text != nil, let key = type.keys?.first else { return self }
    return ConfigNode(.map([Entry(Key(key.name, mark: mark), self)]), mark: mark)
  }

  /// The scalar as true or false, nil where it is neither.
  public var boolean: Bool? {
    guard case .scalar(let text, false) = value else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }

  /// The scalar as a whole number.
  public var integer: Int? {
    guard case .scalar(let text, false) = value else { return nil }
    return Int(text.filter { $0 != "_" }) ?? number.flatMap { Int(exactly: $0) }
  }

  /// The scalar as a finite number.
  public var number: Double? {
    guard case .scalar(let text, false) = value, let first = text.first, "+-.0123456789".contains(first) else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }
}
