internal import FoundationEssentials

/// A safetensors file, mapped and checked in full before anything is read from it.
///
/// The checks are those of the reference reader (huggingface/safetensors): the header fits the file and is at most 100 MB, every
/// range equals shape × type, ranges start at 0, do not overlap, leave no hole and end at the end of the file.
public struct SafeTensors: TensorFile {
  /// One tensor of the file.
  public typealias Entry = TensorEntry

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
        guard name != "__metadata__" else { throw fault("`__metadata__` must hold strings, not a tensor") }
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
    guard let type = StorageType(rawValue: header.dtype), type.block == nil else {
      throw fault("tensor `\(name)` has the unknown type \(header.dtype)")
    }
    guard let size = type.bytes(header.shape) else {
      throw fault("tensor `\(name)` has the impossible shape \(header.shape)")
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
}
