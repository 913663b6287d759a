/// Byte strings in one allocation. Bytes and not `String`, whose equality is canonical equivalence: distinct pieces of a
/// vocabulary would fall together.
struct PackedStrings: Sendable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  var count: Int { ends.count }

  func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

  subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(index)] }

  func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

  mutating func append(_ string: some Sequence<UInt8>) {
    bytes.append(contentsOf: string)
    ends.append(bytes.count)
  }

  mutating func removeLast() {
    ends.removeLast()
    bytes.removeSubrange((ends.last ?? 0)...)
  }

  /// Indices in the lexicographic order of the strings; equal strings by index.
  func sortedOrder() -> [Int] {
    bytes.withUnsafeBufferPointer { bytes in
      (0..<count).sorted { left, right in
        let (l, r) = (range(left), range(right))
        for offset in 0..<min(l.count, r.count) where bytes[l.lowerBound + offset] != bytes[r.lowerBound + offset] {
          return bytes[l.lowerBound + offset] < bytes[r.lowerBound + offset]
        }
        return l.count == r.count ? left < right : l.count < r.count
      }
    }
  }

  /// The first two neighbours of `order` that are the same string.
  func firstDuplicate(in order: [Int]) -> (first: Int, second: Int)? {
    zip(order, order.dropFirst()).first { self[$0].elementsEqual(self[$1]) }.map { ($0, $1) }
  }

  /// `order` without those that the same string follows.
  func lastOfEqual(in order: [Int]) -> [Int] {
    order.indices.filter { $0 + 1 == order.count || !self[order[$0]].elementsEqual(self[order[$0 + 1]]) }.map { order[$0] }
  }
}
