/// Which pairs of symbols merge, in which order and into what. A word's symbols are merged pair by pair, each time the pair of the
/// lowest rank and of equal ones the leftmost (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword
/// Units").
struct PairMerges: Sendable {
  /// A part of a word, linked to its neighbours.
  struct Symbol: BitwiseCopyable {
    /// -1: merged into the symbol before it.
    var id: Int32
    var previous: Int32
    var next: Int32
  }

  /// A pair and what it makes.
  struct Rule {
    let left: Int32
    let right: Int32
    let id: Int32
    /// Lower ranks merge first.
    let rank: UInt32
  }

  private struct Slot: BitwiseCopyable, Sendable {
    static let free = UInt64.max
    /// The ids of a pair.
    var pair = Slot.free
    var rank: UInt32 = 0
    var id: Int32 = 0
  }

  /// An open hash table.
  private let slots: FrozenBuffer<Slot>

  /// Of equal pairs the last one counts.
  init(_ rules: [Rule]) {
    var capacity = 16
    while capacity < rules.count * 2 { capacity *= 2 }
    var slots = [Slot](repeating: Slot(), count: capacity)
    for rule in rules {
      let pair = Self.pair(rule.left, rule.right)
      var index = Self.index(pair, capacity)
      while slots[index].pair != Slot.free, slots[index].pair != pair { index = (index + 1) & (capacity - 1) }
      slots[index] = Slot(pair: pair, rank: rule.rank, id: rule.id)
    }
    self.slots = FrozenBuffer(slots)
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private static func index(_ pair: UInt64, _ capacity: Int) -> Int {
    let mixed = pair &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed ^ mixed >> 32) & (capacity - 1)
  }

  @inline(__always)
  private func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, id: Int32)? {
    let (slots, pair) = (slots.pointer, Self.pair(left, right))
    var index = Self.index(pair, slots.count)
    while slots[index].pair != Slot.free {
      if slots[index].pair == pair { return (slots[index].rank, slots[index].id) }
      index = (index + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Merges the symbols in `scratch`, which the caller has put there with ``BytePairScratch/append(_:)``. What is left are those
  /// whose id is not -1. `proposed` hears of every pair that may merge, in the order in which they are met.
  @inline(__always)
  func apply(
    _ scratch: inout BytePairScratch, proposed: (_ left: Int32, _ right: Int32, _ id: Int32) -> Void = { _, _, _ in }
  ) {
    let symbols = scratch.symbols.elements.count
    if symbols == 0 { return }
    let symbol = scratch.symbols.storage
    symbol[symbols - 1].next = -1
    // A merge that a later one made impossible stays in the queue; its pair's rank is another then.
    scratch.queue.removeAll()
    func propose(_ left: Int32) {
      let right = symbol[Int(left)].next
      guard right >= 0, let merge = merge(symbol[Int(left)].id, symbol[Int(right)].id) else { return }
      proposed(symbol[Int(left)].id, symbol[Int(right)].id, merge.id)
      scratch.queue.insert(UInt64(merge.rank) << 32 | UInt64(UInt32(bitPattern: left)))
    }
    for left in 0..<symbols { propose(Int32(truncatingIfNeeded: left)) }
    while let first = scratch.queue.popFirst() {
      let left = Int(first & 0xFFFF_FFFF), right = Int(symbol[left].next)
      guard symbol[left].id >= 0, right >= 0, let merge = merge(symbol[left].id, symbol[right].id),
        UInt64(merge.rank) == first >> 32
      else { continue }
      symbol[left].id = merge.id
      symbol[left].next = symbol[right].next
      symbol[right].id = -1
      if symbol[left].next >= 0 { symbol[Int(symbol[left].next)].previous = Int32(truncatingIfNeeded: left) }
      if symbol[left].previous >= 0 { propose(symbol[left].previous) }
      propose(Int32(truncatingIfNeeded: left))
    }
  }
}
