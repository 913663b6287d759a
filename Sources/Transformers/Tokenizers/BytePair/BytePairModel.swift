/// Byte-pair encoding: the bytes of a word are merged pair by pair, each time the pair of the lowest rank and of equal ones the
/// leftmost (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units").
struct BytePairModel: Sendable {
  /// A part of a word, linked to its neighbours.
  struct Symbol: BitwiseCopyable {
    /// -1: merged into the symbol before it.
    var id: Int32
    var previous: Int32
    var next: Int32
  }

  private struct Slot: BitwiseCopyable, Sendable {
    static let free = UInt64.max
    /// The ids of a pair.
    var pair = Slot.free
    var rank: UInt32 = 0
    var id: Int32 = 0
  }

  let vocabulary: Vocabulary
  /// The id of each byte; -1 where the model has none.
  private let byteIDs: FrozenBuffer<Int32>
  /// An open hash table.
  private let slots: FrozenBuffer<Slot>

  /// `merges`: pairs of ids and the id of what they make, in the order of their ranks. Of equal pairs the last one counts.
  init(_ vocabulary: Vocabulary, merges: [(left: Int32, right: Int32, id: Int32)], unk: Int32?) {
    self.vocabulary = vocabulary
    byteIDs = FrozenBuffer((0..<256).map { vocabulary.id(of: ByteLevel.text(of: UInt8($0))) ?? unk ?? -1 })
    var capacity = 16
    while capacity < merges.count * 2 { capacity *= 2 }
    var slots = [Slot](repeating: Slot(), count: capacity)
    for (rank, merge) in merges.enumerated() {
      let pair = Self.pair(merge.left, merge.right)
      var index = Self.index(pair, capacity)
      while slots[index].pair != Slot.free, slots[index].pair != pair { index = (index + 1) & (capacity - 1) }
      slots[index] = Slot(pair: pair, rank: UInt32(truncatingIfNeeded: rank), id: merge.id)
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

  /// Appends the ids of a word. Bytes that the model does not have are left out, unless it has an unknown token.
  func append(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout BytePairScratch, to ids: inout [Int32]) {
    scratch.symbols.count = 0
    scratch.symbols.reserve(word.count)
    for byte in word where byteIDs.pointer[Int(byte)] >= 0 {
      let index = Int32(truncatingIfNeeded: scratch.symbols.count)
      scratch.symbols.append(Symbol(id: byteIDs.pointer[Int(byte)], previous: index - 1, next: index + 1))
    }
    let symbols = scratch.symbols.elements.count
    if symbols == 0 { return }
    let symbol = scratch.symbols.storage
    symbol[symbols - 1].next = -1
    // A merge that a later one made impossible stays in the queue; its pair's rank is another then.
    scratch.queue.removeAll()
    func propose(_ left: Int32) {
      let right = symbol[Int(left)].next
      guard right >= 0, let merge = merge(symbol[Int(left)].id, symbol[Int(right)].id) else { return }
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
    for index in 0..<symbols where symbol[index].id >= 0 { ids.append(symbol[index].id) }
  }
}
