/// Places the states of a `ByteTrie`. Free cells form a list in order of position; a state takes the first place where all
/// of its children fit.
struct ByteTrieBuilder {
  private(set) var cells: [ByteTrie.Cell] = []
  private(set) var values: [Int32] = []
  // Links of the free list; the list ends at cells.count.
  private var nextFree: [Int] = []
  private var previousFree: [Int] = []
  private var firstFree = 0
  private var lastFree = -1
  // Where the search for states with several children begins; see `place`.
  private var searchStart = 0

  init() {
    grow()
    take(0, parent: -1)
  }

  mutating func insert(_ strings: PackedStrings, order: [Int]) {
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
        cells[node.state].base |= 1
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
      cells[node.state].base |= Int32(base << 1)
      for (index, label) in labels.enumerated() {
        take(base + Int(label), parent: node.state)
        let end = index + 1 < starts.count ? starts[index + 1] : keys.upperBound
        pending.append(Pending(state: base + Int(label), keys: starts[index]..<end, depth: node.depth + 1))
      }
    }
  }

  /// A base at which the cells of all labels are free.
  private mutating func place(_ labels: [UInt8]) -> Int {
    let first = Int(labels[0])
    var misses = 0
    var candidate = labels.count == 1 ? firstFree : max(firstFree, searchStart)
    while true {
      if candidate >= cells.count {
        candidate = cells.count
        grow()
      }
      let base = candidate - first
      if base >= 0 {
        while base + 256 > cells.count { grow() }
        if labels.allSatisfy({ cells[base + Int($0)].check == ByteTrie.Cell.free }) { break }
      }
      misses += 1
      candidate = nextFree[candidate]
    }
    // Holes that took so many tries are left to states with one child: without this, building would be quadratic.
    if labels.count > 1, misses > 64 { searchStart = candidate }
    return candidate - first
  }

  private mutating func take(_ cell: Int, parent: Int) {
    cells[cell].check = Int32(parent)
    let (previous, next) = (previousFree[cell], nextFree[cell])
    if previous >= 0 { nextFree[previous] = next } else { firstFree = next }
    if next < cells.count { previousFree[next] = previous } else { lastFree = previous }
    // The search may begin at a cell that is taken meanwhile: follow the list.
    if cell == searchStart { searchStart = next }
  }

  private mutating func grow() {
    let (start, end) = (cells.count, cells.count + 4096)
    cells.append(contentsOf: repeatElement(ByteTrie.Cell(), count: end - start))
    values.append(contentsOf: repeatElement(-1, count: end - start))
    for cell in start..<end {
      previousFree.append(cell == start ? lastFree : cell - 1)
      nextFree.append(cell + 1)
    }
    if lastFree >= 0 { nextFree[lastFree] = start } else { firstFree = start }
    lastFree = end - 1
  }
}
