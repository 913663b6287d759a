/// A priority queue of numbers, the least first.
struct MinHeap: ~Copyable {
  private var heap = GrowableBuffer<UInt64>(capacity: 64)

  mutating func removeAll() { heap.count = 0 }

  mutating func insert(_ value: UInt64) {
    heap.reserve(1)
    heap.append(value)
    let heap = heap.storage
    var child = self.heap.count - 1
    while child > 0, case let parent = (child - 1) / 2, heap[parent] > value {
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = value
  }

  mutating func popFirst() -> UInt64? {
    guard heap.count > 0 else { return nil }
    heap.count -= 1
    let (heap, count) = (heap.storage, heap.count)
    let (first, last) = (heap[0], heap[count])
    var parent = 0
    while case var child = 2 * parent + 1, child < count {
      if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
      if heap[child] >= last { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return first
  }
}
