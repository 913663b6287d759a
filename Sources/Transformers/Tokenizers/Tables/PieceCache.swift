/// Remembers the ids of the words that were met before. Text repeats its words, and looking one up takes a tenth of the time
/// that finding its pieces does.
///
/// When it is full, after some 32 000 words or a few megabytes, it forgets everything: cheaper than any order of use, and the
/// frequent words are back at once.
struct PieceCache: ~Copyable {
  /// Longer words are not kept: they hardly come again.
  static let maxKeyLength = 128

  private struct Slot: BitwiseCopyable {
    var hash: UInt32 = 0
    /// 0: free.
    var keyLength: UInt16 = 0
    var idCount: UInt16 = 0
    var keyStart: UInt32 = 0
    var idStart: UInt32 = 0
  }

  private static let slotBits = 16
  /// Of all keys, and of all ids: what bounds the memory.
  private static let maxTotal = 1 << 20
  private static let maxProbes = 8

  private let slots: UnsafeMutableBufferPointer<Slot>
  private var used = 0
  private var keys = GrowableBuffer<UInt8>(capacity: 1 << 16)
  private var ids = GrowableBuffer<Int32>(capacity: 1 << 15)

  init() {
    slots = .allocate(capacity: 1 << Self.slotBits)
    slots.initialize(repeating: Slot())
  }

  deinit { slots.deallocate() }

  @inline(__always)
  static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let bytes = UnsafeRawBufferPointer(key)
    var state = UInt64(truncatingIfNeeded: key.count) &* 0x9E37_79B9_7F4A_7C15
    func mix(_ word: UInt64) {
      state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 32
    }
    var offset = 0
    while offset + 8 <= key.count {
      mix(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    if offset + 4 <= key.count {
      mix(UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      offset += 4
    }
    while offset < key.count {
      mix(UInt64(key[offset]))
      offset += 1
    }
    return UInt32(truncatingIfNeeded: state)
  }

  /// Appends the ids of a word that is known; false where it is not. A key is not empty.
  @inline(__always)
  func append(_ key: UnsafeBufferPointer<UInt8>, hash: UInt32, to output: inout [Int32]) -> Bool {
    var index = Int(hash) & (slots.count - 1)
    for _ in 0..<Self.maxProbes {
      let slot = slots[index]
      if slot.keyLength == 0 { return false }
      if slot.hash == hash, Int(slot.keyLength) == key.count, matches(key, at: Int(slot.keyStart)) {
        let start = Int(slot.idStart)
        for id in start..<start + Int(slot.idCount) { output.append(ids.storage[id]) }
        return true
      }
      index = (index + 1) & (slots.count - 1)
    }
    return false
  }

  /// Keeps a word that is not known yet, if there is place for it.
  mutating func insert(_ key: UnsafeBufferPointer<UInt8>, hash: UInt32, ids newIDs: ArraySlice<Int32>) {
    if key.count > Self.maxKeyLength || key.isEmpty { return }
    if used > slots.count / 2 || keys.count > Self.maxTotal || ids.count > Self.maxTotal { clear() }
    var index = Int(hash) & (slots.count - 1)
    for _ in 0..<Self.maxProbes {
      if slots[index].keyLength == 0 {
        slots[index] = Slot(
          hash: hash, keyLength: UInt16(key.count), idCount: UInt16(newIDs.count), keyStart: UInt32(keys.count),
          idStart: UInt32(ids.count))
        keys.append(copying: key)
        ids.reserve(newIDs.count)
        for id in newIDs { ids.append(id) }
        used += 1
        return
      }
      index = (index + 1) & (slots.count - 1)
    }
  }

  private mutating func clear() {
    slots.update(repeating: Slot())
    used = 0
    keys.count = 0
    ids.count = 0
  }

  @inline(__always)
  private func matches(_ key: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    for offset in 0..<key.count where keys.storage[start + offset] != key[offset] { return false }
    return true
  }
}
