#if canImport(Glibc)
  import Glibc
#endif

/// A file mapped into memory: nothing is copied until it is used. The mapping is private: who writes to a tensor that lies in it
/// gets pages of his own, and the file stays as it is.
public final class MappedFile: @unchecked Sendable {
  /// Where the file is.
  public let path: String
  /// The bytes; empty for an empty file.
  public let bytes: UnsafeRawBufferPointer

  /// Maps `path`. Throws ``WeightsError`` where it cannot be read or is not a regular file.
  public init(path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw WeightsError(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw WeightsError(path, "not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      throw WeightsError(path, "cannot be mapped: \(String(cString: strerror(errno)))")
    }
    bytes = UnsafeRawBufferPointer(start: memory, count: size)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
