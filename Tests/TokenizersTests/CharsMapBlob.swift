/// A compiled map of characters as SentencePiece writes it, made as simply as can be: a double array whose states are placed by
/// trying one base after another, and the replacements behind it.
func charsMapBlob(_ map: [(from: String, to: String)]) -> [UInt8] {
  var replacements: [UInt8] = []
  let keys = map.map { entry in
    defer { replacements += Array(entry.to.utf8) + [0] }
    return (bytes: Array(entry.from.utf8), value: UInt32(replacements.count))
  }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  var units: [UInt32?] = [0]
  func place(_ keys: ArraySlice<(bytes: [UInt8], value: UInt32)>, depth: Int, at node: Int) {
    let leaf = keys.first.flatMap { $0.bytes.count == depth ? $0.value : nil }
    let inner = leaf == nil ? keys : keys.dropFirst()
    let labels = Set(inner.map { $0.bytes[depth] }).sorted()
    let wanted = labels.map(Int.init) + (leaf == nil ? [] : [0])
    var base = 1
    while wanted.contains(where: { (base ^ $0) < units.count && units[base ^ $0] != nil }) { base += 1 }
    while units.count <= base | 0xFF { units.append(nil) }
    units[node] = (units[node] ?? 0) | UInt32(node ^ base) << 10 | (leaf == nil ? 0 : 1 << 8)
    if let leaf { units[base] = leaf | 1 << 31 }
    for label in labels { units[base ^ Int(label)] = UInt32(label) }
    for label in labels {
      let part = inner.filter { $0.bytes[depth] == label }
      place(part[...], depth: depth + 1, at: base ^ Int(label))
    }
  }
  place(keys[...], depth: 0, at: 0)
  func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  return bytes(UInt32(units.count * 4)) + units.flatMap { bytes($0 ?? 0) } + replacements
}
