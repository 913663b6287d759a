import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Whole data files, read and written.
enum FileBytes {
  /// The content of `path`; pipes and devices are read to their end.
  static func read(_ path: String) throws(Diagnostic) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault("read", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault("read", path) }

    // One byte more than the size, so that the end of a regular file is seen without growing.
    var bytes = [UInt8](repeating: 0, count: max(1 << 16, Int(status.st_size) + 1))
    var length = 0
    while true {
      if length == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + length }, buffer.count - length)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw fault("read", path) }
      if count == 0 { break }
      length += count
    }
    bytes.removeLast(bytes.count - length)
    return bytes
  }

  /// Writes `text` so that a reader never sees half of it: to a file beside `path`, which then takes its place.
  static func write(_ text: String, to path: String) throws(Diagnostic) {
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("write", path, code: "S601") }
    var text = text
    let written = text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return fsync(descriptor) == 0
    }
    guard written else {
      let error = fault("write", path, code: "S601")
      close(descriptor)
      unlink(temporary)
      throw error
    }
    close(descriptor)
    guard rename(temporary, path) == 0 else {
      let error = fault("write", path, code: "S601")
      unlink(temporary)
      throw error
    }
  }

  private static func fault(_ verb: String, _ path: String, code: String = "D207") -> Diagnostic {
    Diagnostic(code, "cannot \(verb) `\(path)`: \(String(cString: strerror(errno)))")
  }
}
