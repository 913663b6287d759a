/// Places the states of a `ByteTrie`. Free cells form a list in order of position; a state takes the first place where its base
/// is no other's and all of its children fit.
struct ByteTrieBuilder {
  private(set) var cells: [ByteTrie.Cell] = []
  private(set) var values: [Int32] = []
  private var isBase: [Bool] = []
  // Links of the free list; the list ends at cells.count.
  private var nextFree: [Int] = []
  private var previousFree: [Int] = []
  private var firstFree = 0
  private var lastFree = -1
  // Where the search begins for states with one child and with several; see `place`.
  private var searchStarts = [0, 0]

  /// The root, and the cells that base 0 leads to.
  init() {
    grow()
    for cell in 0..<256 { unlink(cell) }
    isBase[0] = true
  }

  /// False where the cells do not suffice.
  mutating func insert(_ strings: PackedStrings, order: [Int]) -> Bool {
    struct Pending {
      let state: Int
      let keys: Range<Int>
      let depth: Int
    }
    var pending = [Pending(state: 0, keys: 0..<order.count, depth: 0)]
    var labels: [UInt8] = []
    var starts: [Int] = []
    while let node = pending.popLast() {
      var keys = node.keys
      if let first = keys.first, strings.range(order[first]).count == node.depth {
        values[node.state] = Int32(order[first])
        cells[node.state].bits |= ByteTrie.Cell.ends
        keys.removeFirst()
      }
      if keys.isEmpty { continue }
      labels.removeAll(keepingCapacity: true)
      starts.removeAll(keepingCapacity: true)
      for key in keys {
        let label = strings.bytes[strings.range(order[key]).lowerBound + node.depth]
        if label != labels.last {
          labels.append(label)
          starts.append(key)
        }
      }
      let base = place(labels)
      guard base <= ByteTrie.Cell.maxBase else { return false }
      isBase[base] = true
      cells[node.state].bits |= UInt32(base) << ByteTrie.Cell.baseShift
      for (index, label) in labels.enumerated() {
        cells[base + Int(label)].bits = ByteTrie.Cell.taken | UInt32(label)
        unlink(base + Int(label))
        let end = index + 1 < starts.count ? starts[index + 1] : keys.upperBound
        pending.append(Pending(state: base + Int(label), keys: starts[index]..<end, depth: node.depth + 1))
      }
    }
    return true
  }

  /// A new base at which the cells of all labels are free.
  private mutating func place(_ labels: [UInt8]) -> Int {
    let first = Int(labels[0]), kind = labels.count > 1 ? 1 : 0
    var misses = 0
    var candidate = max(firstFree, searchStarts[kind])
    while true {
      if candidate >= cells.count {
        candidate = cells.count
        grow()
      }
      // Positive: the first 256 cells are not free.
      let base = candidate - first
      while base + 256 > cells.count { grow() }
      if !isBase[base], labels.allSatisfy({ !cells[base + Int($0)].isTaken }) { break }
      misses += 1
      candidate = nextFree[candidate]
    }
    // Holes that took so many tries are left: without this, building would be quadratic.
    if misses > 64 { searchStarts[kind] = candidate }
    return candidate - first
  }

  private mutating func unlink(_ cell: Int) {
    let (previous, next) = (previousFree[cell], nextFree[cell])
    if previous >= 0 { nextFree[previous] = next } else { firstFree = next }
    if next < cells.count { previousFree[next] = previous } else { lastFree = previous }
    // A search may begin at a cell that is taken meanwhile: follow the list.
    for kind in searchStarts.indices where searchStarts[kind] == cell { searchStarts[kind] = next }
  }

  private mutating func grow() {
    let (start, end) = (cells.count, cells.count + 4096)
    cells.append(contentsOf: repeatElement(ByteTrie.Cell(), count: end - start))
    values.append(contentsOf: repeatElement(-1, count: end - start))
    isBase.append(contentsOf: repeatElement(false, count: end - start))
    for cell in start..<end {
      previousFree.append(cell == start ? lastFree : cell - 1)
      nextFree.append(cell + 1)
    }
    if lastFree >= 0 { nextFree[lastFree] = start } else { firstFree = start }
    lastFree = end - 1
  }
}
