#if canImport(Glibc)
  import Glibc
#endif

/// All bytes of a file.
public func readFile(_ path: String) throws(ContextFileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }

  // One byte more than the size, so that the end of a regular file is seen without growing.
  var bytes = [UInt8](repeating: 0, count: max(1 << 16, Int(status.st_size) + 1))
  var length = 0
  while true {
    if length == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + length }, $0.count - length) }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw unreadable(path) }
    if count == 0 { break }
    length += count
  }
  bytes.removeLast(bytes.count - length)
  return bytes
}

private func unreadable(_ path: String) -> ContextFileError {
  ContextFileError(path, "cannot be read: \(String(cString: strerror(errno)))")
}
