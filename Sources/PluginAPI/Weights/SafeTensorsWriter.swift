internal import FoundationEssentials
import CalmNumerics

#if canImport(Glibc)
  import Glibc
#endif

extension SafeTensors {
  /// Writes float32 tensors sorted by name, without metadata: equal tensors give equal files. The file is synced before the
  /// call returns; renaming it into place is the caller's business. Throws ``WeightsError`` for a name given twice, and where the
  /// file cannot be written.
  public static func write(_ tensors: [(name: String, tensor: Tensor)], to path: String) throws {
    let sorted = tensors.sorted { $0.name < $1.name }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
      throw WeightsError(path, "would hold two tensors `\(one.name)`")
    }
    struct Header: Encodable {
      var dtype = "F32"
      var shape: [Int]
      var data_offsets: [Int]
    }
    var offset = 0
    var parts: [String] = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for (name, tensor) in sorted {
      let end = offset + tensor.count * 4
      let key = String(decoding: try encoder.encode(name), as: UTF8.self)
      let value = String(
        decoding: try encoder.encode(Header(shape: tensor.shape, data_offsets: [offset, end])), as: UTF8.self)
      parts.append("\(key):\(value)")
      offset = end
    }
    var header = "{" + parts.joined(separator: ",") + "}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)

    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw WeightsError(path, "cannot be written: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    func put(_ bytes: UnsafeRawBufferPointer) throws {
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let written = Glibc.write(descriptor, base + done, bytes.count - done)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw WeightsError(path, "cannot be written: \(String(cString: strerror(errno)))") }
        done += written
      }
    }
    try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try put($0) }
    try Array(header.utf8).withUnsafeBytes { try put($0) }
    for (_, tensor) in sorted { try put(UnsafeRawBufferPointer(start: tensor.data, count: tensor.count * 4)) }
    guard fsync(descriptor) == 0 else {
      throw WeightsError(path, "cannot be synced: \(String(cString: strerror(errno)))")
    }
  }
}
