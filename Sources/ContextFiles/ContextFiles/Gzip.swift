internal import CZlib

/// How much a gzipped file may grow: a few bytes can otherwise fill the memory.
public struct DecompressionLimits: Sendable {
  /// The most bytes.
  public var bytes: Int
  /// The most bytes out for a byte in, once there are more than ``free`` of them.
  public var ratio: Int
  /// Up to here any ratio will do: small files of like records shrink a great deal.
  public var free: Int

  /// Limits.
  public init(bytes: Int = 2 << 30, ratio: Int = 200, free: Int = 16 << 20) {
    self.bytes = bytes
    self.ratio = ratio
    self.free = free
  }
}

func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

/// The content of a gzip file, all its members one after the other.
func gunzip(_ bytes: [UInt8], path: String, limits: DecompressionLimits) throws(ContextFileError) -> [UInt8] {
  var out: [UInt8] = []
  var rest = bytes[...]
  repeat {
    let used = try inflateMember(rest, into: &out, path: path, read: bytes.count, limits: limits)
    rest = rest.dropFirst(used)
    // Some tools fill the last block of a file with zeros.
    if rest.allSatisfy({ $0 == 0 }) { return out }
  } while rest.starts(with: [0x1F, 0x8B])
  throw ContextFileError(path, "it has \(rest.count) bytes behind its gzipped content")
}

/// Appends one member's content to `out`.
/// - Returns: how many bytes it took.
private func inflateMember(
  _ bytes: ArraySlice<UInt8>, into out: inout [UInt8], path: String, read: Int, limits: DecompressionLimits
) throws(ContextFileError) -> Int {
  var stream = z_stream()
  // 16 asks for a gzip header and its checksum.
  guard inflateInit2_(&stream, 16 + MAX_WBITS, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw ContextFileError(path, "zlib does not start")
  }
  defer { inflateEnd(&stream) }
  var used = 0
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    // zlib counts input in 32 bits: larger files are fed in parts.
    let available = min(bytes.count - used, 1 << 30)
    let (status, taken, made) = bytes.withUnsafeBufferPointer { input in
      piece.withUnsafeMutableBufferPointer { output in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + used })
        stream.avail_in = UInt32(available)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        let status = inflate(&stream, Z_NO_FLUSH)
        return (status, available - Int(stream.avail_in), output.count - Int(stream.avail_out))
      }
    }
    used += taken
    out += piece[..<made]
    if out.count > limits.bytes {
      throw ContextFileError(path, "it decompresses to more than \(limits.bytes) bytes")
    }
    if out.count > limits.free && out.count / limits.ratio > read {
      throw ContextFileError(path, "it decompresses to more than \(limits.ratio) times its size")
    }
    switch status {
    case Z_STREAM_END: return used
    case Z_OK, Z_BUF_ERROR:
      if used == bytes.count && made < piece.count { throw ContextFileError(path, "the gzipped content is cut short") }
    default:
      let reason = stream.msg.map { String(cString: $0) } ?? "zlib error \(status)"
      throw ContextFileError(path, "the gzipped content is damaged: \(reason)")
    }
  }
}
