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

  /// The first bytes of a file, at most `count`.
  static func begin(_ path: String, _ count: Int) throws(Diagnostic) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault("read", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = Glibc.read(descriptor, &bytes, count)
    guard got >= 0 else { throw fault("read", path) }
    return Array(bytes.prefix(got))
  }

  /// Writes `text` whole or not at all, durably: to a file beside `path`, which is synced and then takes its place.
  static func write(_ text: String, to path: String) throws(Diagnostic) { try write(Array(text.utf8), to: path) }

  static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("write", path, code: "S601") }
    let written = put(bytes, descriptor) && fsync(descriptor) == 0
    let error = fault("write", path, code: "S601")
    close(descriptor)
    guard written, rename(temporary, path) == 0 else {
      unlink(temporary)
      throw written ? fault("write", path, code: "S601") : error
    }
    syncFolder(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
  }

  /// Appends `text` to a file, which is made where it is missing. Not synced: what is appended can be lost with the power.
  static func append(_ text: String, to path: String) throws(Diagnostic) { try append(Array(text.utf8), to: path) }

  static func append(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("write", path, code: "S601") }
    defer { close(descriptor) }
    guard put(bytes, descriptor) else { throw fault("write", path, code: "S601") }
  }

  /// Makes a rename in `folder` durable.
  static func syncFolder(_ folder: String) {
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func put(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var done = 0
      while done < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  private static func fault(_ verb: String, _ path: String, code: String = "D207") -> Diagnostic {
    Diagnostic(code, "cannot \(verb) `\(path)`: \(String(cString: strerror(errno)))")
  }
}
