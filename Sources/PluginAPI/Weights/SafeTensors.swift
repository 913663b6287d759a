internal import FoundationEssentials
import Numerics

/// Storage types of tensors in model files.
public enum StorageType: String, Sendable, Codable {
  case float64 = "F64", float32 = "F32", float16 = "F16", bfloat16 = "BF16"
  case int64 = "I64", int32 = "I32", int16 = "I16", int8 = "I8", uint8 = "U8", bool = "BOOL"

  /// Bytes an element.
  public var size: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// A safetensors file, mapped and checked in full before anything is read from it.
///
/// The checks are those of the reference reader (huggingface/safetensors): the header fits the file and is at most 100 MB, every
/// range equals shape × type, ranges start at 0, do not overlap, leave no hole and end at the end of the file.
public struct SafeTensors: Sendable {
  /// One tensor of the file.
  public struct Entry: Sendable {
    /// The storage type.
    public let type: StorageType
    /// The sizes of the dimensions, outermost first.
    public let shape: [Int]
    /// Its bytes within the file.
    public let range: Range<Int>
  }

  /// The file.
  public let file: MappedFile
  /// The tensors by name.
  public let entries: [String: Entry]
  /// The header's free-form strings.
  public let metadata: [String: String]

  private struct Header: Decodable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  private enum HeaderItem: Decodable {
    case tensor(Header), metadata([String: String])
    init(from decoder: any Decoder) throws {
      if let header = try? Header(from: decoder) {
        self = .tensor(header)
      } else {
        self = .metadata(try [String: String](from: decoder))
      }
    }
  }

  /// Opens and checks `path`. Throws ``WeightsError`` that names the tensor at fault.
  public init(path: String) throws {
    file = try MappedFile(path: path)
    func fault(_ message: String) -> WeightsError { WeightsError(path, message) }
    guard file.bytes.count >= 8 else { throw fault("too short for safetensors (\(file.bytes.count) bytes)") }
    let length = file.bytes.loadUnaligned(as: UInt64.self)
    guard length <= 100_000_000 else { throw fault("declares a header of \(length) bytes; the limit is 100000000") }
    let start = 8 + Int(length)
    guard start <= file.bytes.count else {
      throw fault("declares a header of \(length) bytes but has only \(file.bytes.count): truncated?")
    }
    let items: [String: HeaderItem]
    do {
      items = try JSONDecoder().decode([String: HeaderItem].self, from: Data(file.bytes[8..<start]))
    } catch {
      throw fault("the header is not a JSON object of tensors (dtype, shape, data_offsets)")
    }
    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]
    for (name, item) in items {
      switch item {
      case .metadata(let strings):
        guard name == "__metadata__" else { throw fault("tensor `\(name)` has no dtype, shape and data_offsets") }
        metadata = strings
      case .tensor(let header):
        entries[name] = try Self.entry(header, name: name, dataStart: start, fileSize: file.bytes.count, fault: fault)
      }
    }
    var end = start
    for (name, entry) in entries.sorted(by: {
      ($0.value.range.lowerBound, $0.value.range.upperBound) < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        let what = entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole before it"
        throw fault("tensor `\(name)` \(what) (starts at \(entry.range.lowerBound - start), expected \(end - start))")
      }
      end = entry.range.upperBound
    }
    guard end == file.bytes.count else {
      throw fault("\(file.bytes.count - end) bytes follow the last tensor")
    }
    self.entries = entries
    self.metadata = metadata
  }

  private static func entry(
    _ header: Header, name: String, dataStart: Int, fileSize: Int, fault: (String) -> WeightsError
  ) throws -> Entry {
    guard let type = StorageType(rawValue: header.dtype) else {
      throw fault("tensor `\(name)` has the unknown type \(header.dtype)")
    }
    var size = type.size
    for dimension in header.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { throw fault("tensor `\(name)` has the impossible shape \(header.shape)") }
      size = product
    }
    guard header.data_offsets.count == 2, let from = header.data_offsets.first, let to = header.data_offsets.last,
      from >= 0, to >= from, to <= fileSize - dataStart
    else {
      throw fault(
        "tensor `\(name)` has offsets \(header.data_offsets) outside the file's \(fileSize - dataStart) bytes of data: truncated?"
      )
    }
    guard to - from == size else {
      throw fault(
        "tensor `\(name)` of shape \(header.shape) \(header.dtype) needs \(size) bytes; its offsets give \(to - from)")
    }
    return Entry(type: type, shape: header.shape, range: dataStart + from..<dataStart + to)
  }

  /// The tensor `name` converted to float32 into `out`. Throws where it is missing, has another shape or is not a float type.
  public func read(_ name: String, into out: Tensor) throws {
    guard let entry = entries[name] else { throw WeightsError(file.path, "has no tensor `\(name)`") }
    guard entry.shape == out.shape else {
      throw WeightsError(file.path, "tensor `\(name)` has shape \(entry.shape); \(out.shape) is expected")
    }
    let source = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    try convert(source, entry.type, into: out.data, count: out.count, name: name)
  }

  /// The tensor `name` as float32.
  public func tensor(_ name: String) throws -> Tensor {
    guard let entry = entries[name] else { throw WeightsError(file.path, "has no tensor `\(name)`") }
    let out = Tensor(zeros: entry.shape)
    try read(name, into: out)
    return out
  }

  /// The integers of tensor `name` (I64, I32, U8, BOOL …).
  public func integers(_ name: String) throws -> [Int] {
    guard let entry = entries[name] else { throw WeightsError(file.path, "has no tensor `\(name)`") }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    let count = entry.range.count / entry.type.size
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

  private func convert(
    _ source: UnsafeRawBufferPointer, _ type: StorageType, into out: UnsafeMutablePointer<Float>, count: Int, name: String
  ) throws {
    guard count > 0, let base = source.baseAddress else { return }
    // Headers need not be padded, so a tensor may start at any address.
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
    switch type {
    case .float32: UnsafeMutableRawPointer(out).copyMemory(from: base, byteCount: source.count)
    case .float64: aligned(Double.self) { for i in 0..<count { out[i] = Float($0[i]) } }
    case .float16: aligned(UInt16.self) { Kernels.float32(out, fromHalf: $0, count: count) }
    case .bfloat16: aligned(UInt16.self) { Kernels.float32(out, fromBFloat16: $0, count: count) }
    default: throw WeightsError(file.path, "tensor `\(name)` is \(type.rawValue); weights must be a float type")
    }
  }
}
