import CalmNumerics

#if canImport(Glibc)
  import Glibc
#endif

/// One tensor of a file: row-major, without gaps. A type of blocks has them along the innermost dimension.
public struct TensorEntry: Sendable {
  /// The storage type.
  public let type: StorageType
  /// The sizes of the dimensions, outermost first.
  public let shape: [Int]
  /// Its bytes within the file.
  public let range: Range<Int>
}

/// A mapped file of named tensors, checked in full when it was opened: every entry's range lies within the file and is as long
/// as its type and shape say.
public protocol TensorFile: Sendable {
  /// The file.
  var file: MappedFile { get }
  /// The tensors by name.
  var entries: [String: TensorEntry] { get }
}

extension TensorFile {
  /// The tensor `name` converted to float32 into `out`. Throws where it is missing, has another shape or is a type of integers.
  ///
  /// Pages of `out` that have the file's float32 numbers already are not written to: zeros that were never touched still take no
  /// memory afterwards, and what lies in a mapped file still does.
  public func read(_ name: String, into out: Tensor) throws { try read(name, into: out, comparing: true) }

  /// - Parameter comparing: whether `out` may have the numbers already. New memory is better written at once: a page that was read
  ///   first costs a second page fault, and with some kernels its large page.
  private func read(_ name: String, into out: Tensor, comparing: Bool) throws {
    let entry = try entry(name)
    guard entry.shape == out.shape else {
      throw WeightsError(file.path, "tensor `\(name)` has shape \(entry.shape); \(out.shape) is expected")
    }
    let source = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    if comparing, entry.type == .float32, let base = source.baseAddress {
      copyWhatDiffers(out.data, base, byteCount: source.count)
    } else {
      try convert(source, entry.type, into: out.data, count: out.count, name: name)
    }
    out.changed()
  }

  /// Makes `out` the tensor `name`: in place in the mapped file where that holds float32, else a converted copy. Throws as
  /// ``read(_:into:)`` does.
  public func load(_ name: String, into out: Tensor) throws {
    let entry = try entry(name)
    guard entry.type == .float32, entry.shape == out.shape, entry.range.lowerBound % 4 == 0, out.ownsItsMemory,
      let base = file.bytes.baseAddress
    else { return try read(name, into: out, comparing: false) }
    let numbers = UnsafeMutableRawPointer(mutating: base + entry.range.lowerBound)
    out.adopt(numbers.bindMemory(to: Float.self, capacity: out.count), keeping: file)
  }

  /// The tensor `name` as float32. Throws ``WeightsError`` where there is no such tensor, and for integers.
  public func tensor(_ name: String) throws -> Tensor {
    let out = Tensor(zeros: try entry(name).shape)
    try read(name, into: out, comparing: false)
    return out
  }

  /// The integers of tensor `name` (I64, I32, U8, BOOL …). Throws ``WeightsError`` where there is no such tensor, and for floats.
  public func integers(_ name: String) throws -> [Int] {
    let entry = try entry(name)
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    let count = entry.range.count / entry.type.blockBytes
    func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> [Int] {
      (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)) }
    }
    switch entry.type {
    case .int64: return load(Int64.self)
    case .int32: return load(Int32.self)
    case .int16: return load(Int16.self)
    case .int8: return load(Int8.self)
    case .uint8, .bool: return load(UInt8.self)
    default: throw WeightsError(file.path, "tensor `\(name)` is \(entry.type.rawValue), not integers")
    }
  }

  private func entry(_ name: String) throws -> TensorEntry {
    guard let entry = entries[name] else { throw WeightsError(file.path, "has no tensor `\(name)`") }
    return entry
  }

  private func convert(
    _ source: UnsafeRawBufferPointer, _ type: StorageType, into out: UnsafeMutablePointer<Float>, count: Int, name: String
  ) throws {
    guard count > 0, let base = source.baseAddress else { return }
    // Files need not pad, so a tensor may start at any address.
    func aligned<T: BitwiseCopyable>(_: T.Type, _ body: (UnsafePointer<T>) -> Void) {
      if Int(bitPattern: base) % MemoryLayout<T>.alignment == 0 {
        body(base.assumingMemoryBound(to: T.self))
      } else {
        let copy = UnsafeMutablePointer<T>.allocate(capacity: count)
        defer { copy.deallocate() }
        UnsafeMutableRawPointer(copy).copyMemory(from: base, byteCount: source.count)
        body(copy)
      }
    }
    if let type = type.block { return Kernels.dequantise(out, type, base, count: count) }
    switch type {
    case .float32: UnsafeMutableRawPointer(out).copyMemory(from: base, byteCount: source.count)
    case .float64: aligned(Double.self) { for i in 0..<count { out[i] = Float($0[i]) } }
    case .float16: aligned(UInt16.self) { Kernels.float32(out, fromHalf: $0, count: count) }
    case .bfloat16: aligned(UInt16.self) { Kernels.float32(out, fromBFloat16: $0, count: count) }
    default: throw WeightsError(file.path, "tensor `\(name)` is \(type.rawValue); weights must be a float type")
    }
  }
}

/// Copies `source` to `out`, page by page of `out`, but for pages that are equal.
private func copyWhatDiffers(_ out: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, byteCount: Int) {
  let page = 4096
  var position = 0
  while position < byteCount {
    let there = out + position, length = min(page - Int(bitPattern: there) % page, byteCount - position)
    if memcmp(there, source + position, length) != 0 { there.copyMemory(from: source + position, byteCount: length) }
    position += length
  }
}
