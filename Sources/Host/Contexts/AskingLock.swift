import Glibc
import PluginAPI

/// Held while an augmentor is asked: two processes that want the same contexts at the same time ask one after the other, so that the
/// second finds what the first was answered. The system releases it with the process, however that ends.
final class AskingLock: Sendable {
  private let file: Int32

  /// Waits while another process holds the lock of the same generator for the same store; `waiting` is called once then. Without
  /// `waits` it is nil where it would have to wait.
  init?(store: String, generator: ContextGenerator, waits: Bool, waiting: () -> Void) async throws {
    let path = store + ".lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Diagnostic("S606", "\(path) cannot be written: \(systemMessage())") }
    // A byte of the file stands for the generator.
    let place = Int(generator.key("").prefix(15), radix: 16) ?? 0
    var told = false
    while let refusal = Self.refusal(file, place) {
      guard refusal == EAGAIN || refusal == EACCES else {
        Console.shared.alarm(
          "warning: \(path) cannot be locked (\(String(cString: strerror(refusal)))): another process that asks for the same "
            + "contexts now would ask for them again")
        return
      }
      guard waits else { return nil }
      if !told { waiting() }
      told = true
      try await Task.sleep(for: .milliseconds(200))
      if Interruption.isRequested { throw ExitStatus.interrupted }
    }
  }

  deinit { close(file) }

  /// Locks a byte, and tells by its error number where that cannot be done. The lock is of the open file, not of the process
  /// (F_OFD_SETLK): threads exclude one another too.
  private static func refusal(_ file: Int32, _ place: Int) -> Int32? {
    var range = flock()
    (range.l_type, range.l_whence, range.l_start, range.l_len) = (Int16(F_WRLCK), Int16(SEEK_SET), place, 1)
    let setLockOfOpenFile: Int32 = 37
    return fcntl(file, setLockOfOpenFile, &range) == 0 ? nil : errno
  }
}
