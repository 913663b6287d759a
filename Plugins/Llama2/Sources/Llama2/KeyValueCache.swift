#if canImport(Glibc)
  import Glibc
#endif
import CLlama

/// Keys and values of one sequence in every layer and head, float32 or float16: ragged, each sequence as long as it may become.
///
/// Threads write to different heads, and read what was written before the region began; hence `@unchecked Sendable`.
final class KeyValueCache: @unchecked Sendable {
  /// Positions before this one's first, which another cache holds.
  let start: Int
  /// Room for positions, a multiple of 16.
  let capacity: Int
  /// Positions that are there.
  var count = 0
  private let memory: UnsafeMutableRawPointer
  private let part: Int, heads: Int
  private let bytes: Int

  /// - Parameters:
  ///   - start: positions of the shared cache that this one continues.
  ///   - positions: at most this many will be put.
  init?(_ configuration: LlamaConfiguration, start: Int, positions: Int, half: Bool) {
    self.start = start
    capacity = (positions + 15) / 16 * 16
    heads = configuration.keyValueHeads
    part = capacity * configuration.headSize * (half ? 2 : 4)
    bytes = max(64, part * 2 * heads * configuration.layers)
    // Zero pages: memory that is never written to is never taken.
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), memory != MAP_FAILED
    else { return nil }
    madvise(memory, bytes, MADV_HUGEPAGE)
    self.memory = memory
  }

  deinit { munmap(memory, bytes) }

  /// Bytes that a sequence of so many positions takes.
  static func bytes(_ configuration: LlamaConfiguration, positions: Int, half: Bool) -> Int {
    (positions + 15) / 16 * 16 * configuration.headSize * (half ? 2 : 4) * 2 * configuration.keyValueHeads
      * configuration.layers
  }

  func keys(layer: Int, head: Int) -> UnsafeMutableRawPointer { memory + (layer * heads + head) * 2 * part }
  func values(layer: Int, head: Int) -> UnsafeMutableRawPointer { keys(layer: layer, head: head) + part }

  func positions(layer: Int, head: Int) -> calm_positions {
    calm_positions(keys: keys(layer: layer, head: head), values: values(layer: layer, head: head), count: Int32(count))
  }
}
