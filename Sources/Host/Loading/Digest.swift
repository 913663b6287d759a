import CCrypto
import Glibc

/// SHA-256 as lower-case hexadecimal text, by the system's libcrypto: it uses the processor's own instructions.
enum Digest {
  static func sha256(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: size)
    let done = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(done == 1, "libcrypto refuses SHA-256")
    return hexadecimal(digest)
  }

  static func sha256(of bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { sha256(of: $0) }
  }

  /// Reads the file once, in pieces: a file that shrinks meanwhile is then a short read and not a bus error.
  static func sha256(ofFile path: String) throws(UnreadableFile) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw UnreadableFile(path, errno) }
    defer { close(descriptor) }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { piece.deallocate() }

    var done = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    while true {
      let count = read(descriptor, piece.baseAddress, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw UnreadableFile(path, errno) }
      if count == 0 { break }
      done = done && EVP_DigestUpdate(context, piece.baseAddress, count) == 1
    }
    var digest = [UInt8](repeating: 0, count: size)
    done = done && EVP_DigestFinal_ex(context, &digest, nil) == 1
    precondition(done, "libcrypto refuses SHA-256")
    return hexadecimal(digest)
  }

  private static let size = 32

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// A file that cannot be read, and the system's reason.
struct UnreadableFile: Error, CustomStringConvertible {
  let path: String
  let reason: String

  init(_ path: String, _ code: Int32) {
    self.path = path
    self.reason = String(cString: strerror(code))
  }

  var description: String { "cannot read `\(path)`: \(reason)" }
}
