import Glibc
import PluginAPI

/// Keys, from the environment or from files that nobody else can read: they stand in no configuration.
enum Secrets {
  /// The secret of an environment variable's name, or of a file's path, which has a `/`.
  static func read(_ name: String) throws(Diagnostic) -> Secret {
    name.contains("/") ? try file(name) : try variable(name)
  }

  private static func variable(_ name: String) throws(Diagnostic) -> Secret {
    let isName = name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    guard isName, !name.isEmpty else {
      // What is no name may be the key itself: it is not shown.
      throw Diagnostic(
        "C113", "a key is named by an environment variable in capitals or by a path; what is given is neither",
        hint: "write `key: OPENAI_API_KEY`, and the key itself into that variable; never into the file")
    }
    guard let value = environment(name), !value.isEmpty else {
      throw Diagnostic("C113", "the key `\(name)` is not set in the environment", hint: "export \(name)=…")
    }
    return try checked(value, name)
  }

  private static func file(_ path: String) throws(Diagnostic) -> Secret {
    let path = resolvedPath(path, from: SourceMark(file: SourceMark.defaultFile, line: 1, column: 1))
    func fault(_ what: String, _ hint: String? = nil) -> Diagnostic {
      Diagnostic("C113", "the key file `\(path)` \(what)", hint: hint)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw fault("cannot be read: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    // The open file is looked at, not its name, which could change in between.
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw fault("is no regular file") }
    guard status.st_uid == geteuid() else { throw fault("belongs to another user") }
    guard status.st_mode & 0o077 == 0 else {
      throw fault("can be read by others (mode \(String(status.st_mode & 0o777, radix: 8)))", "chmod 600 \(path)")
    }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0, count < bytes.count else { throw fault("is too large for a key") }
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    return try checked(String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()), path)
  }

  /// A header takes visible ASCII only; anything else would be cut or split there.
  private static func checked(_ value: String, _ name: String) throws(Diagnostic) -> Secret {
    guard !value.isEmpty, value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw Diagnostic("C113", "the key `\(name)` is empty or has characters that no key has")
    }
    return Secret(value, name: name)
  }
}
