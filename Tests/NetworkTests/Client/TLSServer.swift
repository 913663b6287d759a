import FoundationEssentials
import Glibc
import TestSupport

/// `openssl s_server` with a certificate that it signed itself.
final class TLSServer {
  let port: Int
  private let process: pid_t
  private let folder: String

  struct StartError: Error {}

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/calm-tls-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let certificate = folder + "/certificate.pem", key = folder + "/key.pem"
    let made = try Self.start(
      ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate])
    var status: Int32 = 0
    guard waitpid(made, &status, 0) == made, status == 0 else { throw StartError() }
    // A port that was free a moment ago.
    let probe = try LoopbackServer { _, _ in }
    port = probe.port
    probe.stop()
    process = try Self.start(
      ["openssl", "s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key])
    for _ in 0..<200 where !Self.answers(port) { usleep(20_000) }
  }

  func stop() {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func start(_ arguments: [String]) throws -> pid_t {
    var process: pid_t = 0, actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    }
    let pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    guard posix_spawnp(&process, arguments[0], &actions, nil, pointers, [nil]) == 0 else { throw StartError() }
    return process
  }

  private static func answers(_ port: Int) -> Bool {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        connect(client, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
