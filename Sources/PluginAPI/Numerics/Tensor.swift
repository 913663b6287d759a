internal import CNumerics

#if canImport(Glibc)
  import Glibc
#endif

/// Contiguous row-major float32 memory with a shape.
///
/// A tensor is a reference: a view made with ``view(at:shape:)`` names the same numbers. Threads may share one as long as
/// they write to different parts; that is the caller's promise, hence `@unchecked Sendable`.
public final class Tensor: @unchecked Sendable {
  /// The sizes of the dimensions, outermost first.
  public let shape: [Int]
  /// The number of elements: the product of ``shape``.
  public let count: Int
  /// The elements. Valid as long as the tensor (or a view of the same memory) is alive: keep it in a variable, since a
  /// temporary may be gone before its memory is read.
  public var data: UnsafeMutablePointer<Float> { owner.data + offset }
  private let owner: Memory
  private let offset: Int

  /// Zeros of the given shape, aligned to 64 bytes.
  /// - Parameters:
  ///   - shape: the sizes of the dimensions, outermost first.
  ///   - sparse: few rows will ever be written: memory comes page by page, not in large pages.
  public convenience init(zeros shape: [Int], sparse: Bool = false) {
    let memory = Memory(count: shape.reduce(1, *), sparse: sparse)
    self.init(shape: shape, offset: 0, owner: memory)
  }

  /// A copy of `values`, whose number must be the product of `shape`.
  public convenience init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill \(shape)")
    self.init(zeros: shape)
    for (i, value) in values.enumerated() { data[i] = value }
  }

  private init(shape: [Int], offset: Int, owner: Memory) {
    self.shape = shape
    self.count = shape.reduce(1, *)
    self.offset = offset
    self.owner = owner
  }

  /// Whether this is no part of a larger tensor.
  public var ownsItsMemory: Bool { offset == 0 && count == owner.count }

  /// From now on this tensor and its views are the numbers at `numbers`, as many as it has, which `keeper` keeps valid. Only for
  /// a tensor that ``ownsItsMemory``.
  public func adopt(_ numbers: UnsafeMutablePointer<Float>, keeping keeper: AnyObject) {
    precondition(ownsItsMemory, "a part of a tensor cannot be elsewhere than the rest")
    owner.adopt(numbers, keeping: keeper)
    changed()
  }

  /// One element; for loops over many, read ``data``.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      return data[index]
    }
    set {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      data[index] = newValue
      changed()
    }
  }

  /// Grows when the numbers change, for those who keep something derived of them, such as a ``PackedMatrix``. Shared with views.
  public var version: Int { owner.version }

  /// To be called after writing through ``data`` to weights that may have been used before. Everything else that writes
  /// (this type's methods, the optimiser, reading a file) does so itself.
  public func changed() { owner.version &+= 1 }

  /// The same numbers from element `offset` on, under another shape.
  public func view(at offset: Int = 0, shape: [Int]) -> Tensor {
    precondition(offset >= 0 && offset + shape.reduce(1, *) <= count, "the view \(shape) at \(offset) leaves \(self.shape)")
    return Tensor(shape: shape, offset: self.offset + offset, owner: owner)
  }

  /// Rows `range` of the first dimension, sharing memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    let width = shape.dropFirst().reduce(1, *)
    return view(at: range.lowerBound * width, shape: [range.count] + shape.dropFirst())
  }

  /// A tensor of its own memory with the same numbers.
  public func copy() -> Tensor {
    let other = Tensor(zeros: shape)
    other.data.update(from: data, count: count)
    return other
  }

  /// The elements as an array.
  public var values: [Float] { Array(UnsafeBufferPointer(start: data, count: count)) }

  /// Sets every element to zero.
  public func clear() {
    calm_clear(data, count)
    changed()
  }

  /// Adds `other` element by element.
  public func add(_ other: Tensor) {
    precondition(other.count == count)
    calm_add(data, other.data, count)
    changed()
  }

  /// Multiplies every element by `factor`.
  public func scale(by factor: Float) {
    calm_scale(data, factor, count)
    changed()
  }

  /// The sum of the squares in float64, in a fixed order.
  public var sumOfSquares: Double { calm_sum_of_squares(data, count) }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool { calm_all_finite(data, count) != 0 }
}

/// Owns what tensors point to. Large blocks come from the system as zero pages, which take no memory before they are written
/// to, and ask for huge pages unless they are sparse: weights are read from end to end every step.
private final class Memory {
  private(set) var data: UnsafeMutablePointer<Float>
  let count: Int
  var version = 0
  private var kind: Kind

  private enum Kind {
    case allocated
    case mapped(bytes: Int)
    case kept(AnyObject)
  }

  init(count: Int, sparse: Bool) {
    self.count = count
    let bytes = max(64, count * MemoryLayout<Float>.stride), huge = 2 << 20
    if bytes >= huge, let pages = Self.map(bytes, huge: !sparse) {
      kind = .mapped(bytes: bytes)
      data = pages.bindMemory(to: Float.self, capacity: count)
    } else {
      kind = .allocated
      let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      data = raw.bindMemory(to: Float.self, capacity: max(1, count))
      data.initialize(repeating: 0, count: max(1, count))
    }
  }

  private static func map(_ bytes: Int, huge: Bool) -> UnsafeMutableRawPointer? {
    guard let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), pages != MAP_FAILED
    else { return nil }
    madvise(pages, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    return pages
  }

  func adopt(_ numbers: UnsafeMutablePointer<Float>, keeping keeper: AnyObject) {
    free()
    (data, kind) = (numbers, .kept(keeper))
  }

  private func free() {
    switch kind {
    case .allocated: UnsafeMutableRawPointer(data).deallocate()
    case .mapped(let bytes): munmap(data, bytes)
    case .kept: break
    }
  }

  deinit { free() }
}
